/* Pages work without this. It shows times on the clocks one chooses, keeps the page new, and opens forms in place. */
"use strict";
(() => {
  const PAUSE_MS = 5000, SLOW_MS = 30000;
  const zones = document.getElementById("zones"), fresh = document.getElementById("fresh");
  const remembered = {
    get: () => { try { return localStorage.getItem("zone"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("zone", value); } catch { /* not kept, no harm */ } },
  };

  /* Times: <time datetime data-zone [data-ago]>. */
  const formats = new Map();
  function clock(zone) {
    const key = zone || "";
    if (!formats.has(key)) {
      formats.set(key, new Intl.DateTimeFormat("en-GB", {
        timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
        second: "2-digit", hourCycle: "h23", timeZoneName: "short",
      }));
    }
    return formats.get(key);
  }
  function written(moment, zone, exact) {
    const part = {};
    for (const { type, value } of clock(zone).formatToParts(moment)) part[type] = value;
    const seconds = exact ? `:${part.second}` : "";
    return `${part.year}-${part.month}-${part.day} ${part.hour}:${part.minute}${seconds} ${part.timeZoneName}`;
  }
  function distance(moment) {
    const seconds = Math.round((Date.now() - moment) / 1000), size = Math.abs(seconds);
    const [count, unit] = size < 90 ? [size, "s"] : size < 5400 ? [Math.round(size / 60), "min"]
      : size < 172800 ? [Math.round(size / 3600), "h"] : [Math.round(size / 86400), "days"];
    return seconds < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
  }
  function showTimes(root, own) {
    const choice = zones ? zones.value : "job";
    for (const element of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(element.dateTime), server = element.dataset.server ??= element.textContent;
      if (own) {
        element.textContent = choice === "job" ? server
          : written(moment, choice === "utc" ? "UTC" : undefined, "exact" in element.dataset);
        element.title = `${written(moment, "UTC", true)} · here ${written(moment, undefined, true)}`;
      }
      if ("ago" in element.dataset) {
        const place = element.closest("a") || element;
        let ago = place.nextElementSibling;
        if (!ago || !ago.classList.contains("ago")) {
          ago = document.createElement("span");
          ago.className = "ago";
          place.after(ago);
        }
        ago.textContent = distance(moment);
      }
    }
  }

  /* News: the same page again, and of it what has changed. */
  let etag = null, timer = 0, misses = 0, last = Date.now();
  const parts = new Map();
  const live = () => document.querySelectorAll("[data-live][id]");
  function busy() {
    const at = document.activeElement;
    const typing = at && at.matches("input:not([type=hidden]), select, textarea") && at.closest("main");
    return document.hidden || typing || document.querySelector("dialog[open]") || !getSelection().isCollapsed;
  }
  function replace(fetched) {
    for (const old of live()) {
      const now = fetched.getElementById(old.id);
      if (!now || parts.get(old.id) === now.outerHTML) continue;
      parts.set(old.id, now.outerHTML);
      const at = old.contains(document.activeElement) && document.activeElement;
      const place = at && [...old.querySelectorAll("a, button, summary")].indexOf(at), scrolled = old.scrollLeft;
      const open = [...old.querySelectorAll("details")].map((each) => each.open);
      old.replaceWith(document.adoptNode(now));
      now.querySelectorAll("details").forEach((each, n) => { each.open = open[n] ?? each.open; });
      now.scrollLeft = scrolled;
      showTimes(now, true);
      if (at) now.querySelectorAll("a, button, summary")[place]?.focus();
    }
  }
  function say(text) { if (fresh && fresh.textContent !== text) fresh.textContent = text; }
  async function look() {
    clearTimeout(timer);
    if (!busy()) {
      try {
        const answer = await fetch(location.href, {
          headers: { Accept: "text/html", ...(etag && { "If-None-Match": etag }) }, cache: "no-store", redirect: "manual",
        });
        if (answer.type === "opaqueredirect") { say("Signed out: load the page again"); return; }
        if (answer.ok) {
          replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
          etag = answer.headers.get("ETag");
        }
        if (!answer.ok && answer.status !== 304) throw new Error(String(answer.status));
        misses = 0;
        last = Date.now();
        say("Up to date");
        showTimes(document, false);
      } catch {
        misses += 1;
        say(`No answer since ${Math.round((Date.now() - last) / 1000)} s`);
      }
    } else if (!document.hidden) {
      say("Updates are paused while you work here");
    }
    timer = setTimeout(look, Math.min(SLOW_MS, PAUSE_MS * 2 ** misses));
  }

  /* Forms of other pages, in place: <a data-dialog href>. */
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" }, redirect: "manual" });
      const form = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main > article");
      if (!form) throw new Error("not a form");
      const dialog = document.createElement("dialog");
      dialog.setAttribute("aria-label", form.querySelector("h1").textContent);
      dialog.append(document.adoptNode(form));
      document.body.append(dialog);
      dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
      dialog.addEventListener("click", (inner) => {
        if (inner.target === dialog || inner.target.closest("[data-close]")) { inner.preventDefault(); dialog.close(); }
      });
      showTimes(dialog, true);
      dialog.showModal();
    } catch {
      location.href = link.href;
    }
  });
  /* A second click must not do it twice. */
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") {
      setTimeout(() => event.target.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
    }
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form button").forEach((button) => { button.disabled = false; });
  });
  /* "/" goes to the first filter, "n" to the next page of a list; not while one writes. */
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const goal = { "/": ".filters input, .filters select", n: "a[rel=next]" }[event.key];
    const found = goal && document.querySelector(goal);
    if (found) { event.preventDefault(); if (event.key === "n") found.click(); else found.focus(); }
  });

  if (zones) {
    zones.closest("label").hidden = false;
    zones.value = remembered.get() || "job";
    if (!zones.value) zones.value = "job";
    zones.addEventListener("change", () => { remembered.set(zones.value); showTimes(document, true); });
  }
  for (const part of live()) parts.set(part.id, part.outerHTML);
  showTimes(document, true);
  if (live().length) {
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    timer = setTimeout(look, PAUSE_MS);
  }
})();

"""Reads comparisons through the door as the shop's pages would, and draws what is forecast of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from local.sample_data import warmups
from local.sample_data.comparisons import SampleComparison
from local.system import LocalSystem
from warmup.charts.chart import draw
from warmup.comparison import Comparison

_PARTS: Final = ("forecasts", "explanations")
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.2


def draw_charts(system: LocalSystem, day: int) -> list[tuple[str, str, str]]:
    """Draw every comparison that has been forecast; its slug, who is expected to lead, and where the picture is."""
    with _door(system) as door:
        return list(_drawn(door, system.state / "charts", day))


def _drawn(door: httpx.Client, folder: Path, day: int) -> Iterator[tuple[str, str, str]]:
    folder.mkdir(exist_ok=True)
    for each in warmups.ALL:
        bundle = _premium(door, each.slug)["forecasts"]["data"]
        if bundle is None:
            continue
        file = folder / f"{each.slug}.svg"
        file.write_text(draw(_comparison(each, day, bundle["dataHash"]), bundle), "utf-8")
        yield each.slug, _leads(bundle), str(file)


def _leads(bundle: dict[str, Any]) -> str:
    leader = bundle.get("leader") or {}
    chance = leader.get("probability")
    return f"{leader.get('term')} ({chance:.0%})" if leader.get("term") and chance is not None else "nobody"


def _comparison(sample: SampleComparison, day: int, data_hash: str) -> Comparison:
    return Comparison(
        id=0,
        slug=sample.slug,
        terms=(sample.term_a, sample.term_b),
        timeframe=sample.timeframe,
        geo=sample.geo,
        data_hash=data_hash,
        points=warmups.series_on(sample, day),
    )


def come(system: LocalSystem) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Come as a reader to what nobody has looked at; the steps for people, and what was not as it should be."""
    slug = warmups.READ.slug
    with _door(system) as door:
        before = _premium(door, slug)
        asked = door.post("/api/comparison/warmup", json={"slug": slug})
        after = _fresh(door, slug)
    steps = [
        (f"GET  /api/comparison/premium?slug={slug}", "200", _told(before)),
        (f"POST /api/comparison/warmup {slug}", str(asked.status_code), f"run {asked.json().get('runId')}"),
        (f"GET  /api/comparison/premium?slug={slug}", "200", _told(after)),
    ]
    wrong = [f"{slug}: the warmup was answered with {asked.status_code}"] if asked.status_code != 202 else []
    wrong += [f"{slug}: {part} is {after[part]['state']}" for part in _PARTS if after[part]["state"] != "fresh"]
    wrong += [f"{slug}: {part} was fresh already" for part in _PARTS if before[part]["state"] == "fresh"]
    return steps, wrong


def _fresh(door: httpx.Client, slug: str) -> dict[str, Any]:
    """Come again until everything is fresh, or for a minute."""
    until = time.monotonic() + _PATIENCE_S
    while True:
        found = _premium(door, slug)
        if not found["needsWarmup"] or time.monotonic() > until:
            return found
        time.sleep(_PAUSE_S)


def _told(premium: dict[str, Any]) -> str:
    parts = ", ".join(f"{part} {premium[part]['state']}" for part in _PARTS)
    return f"{parts}; warmup {premium['warmup']['state']}"


def _premium(door: httpx.Client, slug: str) -> dict[str, Any]:
    found: dict[str, Any] = door.get("/api/comparison/premium", params={"slug": slug}).raise_for_status().json()
    return found


def _door(system: LocalSystem) -> httpx.Client:
    secret = (system.secrets / "WarmupSecret").read_text()
    return httpx.Client(base_url=system.door.url, headers={"X-Warmup-Secret": secret}, timeout=30)

"""docs/scaling.md, from what was simulated: scaling.template.md says what stands around the tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.rounds import RESULTS, shown
from benchmarks.scale.figures import Line, bend_of

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
TEMPLATE: Final = Path(__file__).with_name("scaling.template.md")
_PLACE: Final = re.compile(r"\{([a-z]+)\}")
# What is told of another part.
_OTHERS: Final = {"bends": "claims", "growth": "costs"}
_Series = Sequence[Mapping[str, Any]]


def write(template: Path = TEMPLATE, results: Path = RESULTS, page: Path = PAGE) -> Path:
    """Write the page and return where it is."""
    found = results / "scale.json"
    document = json.loads(found.read_text("utf-8")) if found.exists() else {}
    parts = document.get("parts", {})

    def fill(place: re.Match[str]) -> str:
        if place[1] == "machine":
            return _machine(document) if document else ""
        part = _OTHERS.get(place[1], place[1])
        if part not in parts:
            return f"Not simulated yet: `make scale ONLY={part}`."
        return "\n".join(TABLES[place[1]](parts[part]))

    page.write_text(_PLACE.sub(fill, template.read_text("utf-8")), "utf-8")
    return page


def shown_line(line: Line) -> str:
    """Return a line for a person in a terminal."""
    notes = ", ".join(f"{name} {shown(figure) if figure else 0}" for name, figure in line.notes.items())
    waits = f"waits {line.wait_p50_s * 1000:,.0f} / {line.wait_p99_s * 1000:,.0f} ms"
    return f"{line.workers:>6,}: {shown(line.rate)}/s of {shown(line.ideal)}, {_use(line)}, {waits}; {notes}"


def _use(line: Line) -> str:
    return f"{line.busiest} {line.busy[line.busiest]:.0%}"


def _lines(series: Mapping[str, Any]) -> list[Line]:
    names = Line.__dataclass_fields__
    return [Line(**{name: each[name] for name in names}) for each in series["lines"]]


def _costs(costs: _Series) -> Iterator[str]:
    yield "| what | ms |"
    yield "|---|---:|"
    yield from (f"| {each['what']} | {shown(each['ms'])} |" for each in costs)


def _claims(ways: _Series) -> Iterator[str]:
    yield "| | workers | jobs/s | of what they could | used most | wait for it, p50 / p99 | claims/s | no connection |"
    yield "|---|---:|---:|---:|---|---:|---:|---:|"
    for way in ways:
        for line in _lines(way):
            refused = line.notes["refused connections"]
            cells = (
                way["title"] if line.workers == way["lines"][0]["workers"] else "",
                f"{line.workers:,}",
                shown(line.rate),
                f"{line.rate / line.ideal:.0%}",
                _use(line),
                f"{line.wait_p50_s * 1000:,.0f} / {line.wait_p99_s * 1000:,.0f} ms",
                shown(line.notes["claims a second"]),
                f"{refused:,.0f}",
            )
            yield f"| {' | '.join(cells)} |"


def _bends(ways: _Series) -> Iterator[str]:
    yield from (f"- {way['title']}: {_told(_lines(way))}." for way in ways)


def _told(lines: Sequence[Line]) -> str:
    last = lines[-1]
    refused = last.notes["refused connections"]
    besides = f"; of {last.workers:,} called at once {refused:,.0f} find no connection" if refused else ""
    if len(lines) > 1 and lines[0].ideal == last.ideal:
        return f"the limit decides, more processors bring nothing ({shown(last.rate)} jobs/s)"
    bend = bend_of(lines)
    if bend is None and last.falls_short:
        part = (
            f"at {last.workers:,} workers {last.rate / last.ideal:.0%} of what they could ({shown(last.rate)} jobs/s)"
        )
        return f"{part}, with nothing used up: what is free waits for the next call{besides}"
    if bend is None:
        return f"holds at {last.workers:,} workers ({shown(last.rate)} jobs/s; {_use(last)}){besides}"
    return f"**bends at about {bend.workers:,.0f} workers** ({shown(bend.rate)} jobs/s; {bend.resource}){besides}"


def _growth(costs: _Series) -> Iterator[str]:
    """Tell what a claim costs, and what each user in flight adds."""
    claims = {each["held"]: each["ms"] for each in costs if each.get("taken") == 20}
    most = max(claims)
    each_us = (claims[most] - claims[0]) / most * 1000
    yield f"{shown(claims[0])} ms of a core, and {shown(each_us)} µs more for each user who has something in flight"


def _locks(ways: _Series) -> Iterator[str]:
    yield "| | callers | asked/s | answered/s | hottest item, requests/s | throttled | no answer | answer, p50 / p99 |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    for way in ways:
        for line in _lines(way):
            cells = (
                way["title"] if line.workers == way["lines"][0]["workers"] else "",
                f"{line.workers:,}",
                shown(line.ideal),
                shown(line.rate),
                shown(line.notes["requests a second to the hottest item"]),
                f"{line.notes['throttled']:.0%}",
                f"{line.notes['no answer']:.0%}",
                f"{line.wait_p50_s * 1000:,.0f} / {line.wait_p99_s * 1000:,.0f} ms",
            )
            yield f"| {' | '.join(cells)} |"


def _mails(ways: _Series) -> Iterator[str]:
    yield "| | senders | refused by the lock | mails/s | used most | throttled/s | gave up |"
    yield "|---|---:|---:|---:|---|---:|---:|"
    for way in ways:
        for line in _lines(way):
            cells = (
                way["title"] if line.workers == way["lines"][0]["workers"] else "",
                f"{line.workers:,}",
                f"{line.notes['senders refused by the lock']:,.0f}",
                shown(line.rate),
                _use(line),
                shown(line.notes["throttled a second"]),
                f"{line.notes['senders that gave up']:,.0f}",
            )
            yield f"| {' | '.join(cells)} |"


def _reality(compared: _Series) -> Iterator[str]:
    yield "| | processes | simulated, jobs/s | real, jobs/s | simulated / real |"
    yield "|---|---:|---:|---:|---:|"
    for each in compared:
        figures = f"{shown(each['simulated'])} | {shown(each['real'])} | {each['ratio']:.2f}"
        yield f"| {each['kind']} | {each['processes']} | {figures} |"


def _machine(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in document["versions"].items())
    return (
        f"<sub>{document['at'][:10]}; {machine['processor']}, {machine['cores']} cores, load {machine['load'][0]};"
        f" {versions}</sub>"
    )


TABLES: Final[Mapping[str, Callable[[_Series], Iterator[str]]]] = {
    "costs": _costs,
    "claims": _claims,
    "bends": _bends,
    "growth": _growth,
    "locks": _locks,
    "mails": _mails,
    "reality": _reality,
}

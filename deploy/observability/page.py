"""`docs/observability.md`: what watches, what each alarm means, and what it costs, from the template."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from deploy.observability.costs import OF_EACH_RUN, PRICES_OF, Line, bill, hours_a_month, metrics_of, runs_a_month
from deploy.observability.registry import functions
from deploy.rules.reading import of_type
from deploy.translated import ROOT, Template

FILE: Final = ROOT / "docs" / "observability.md"
_DAY_S: Final = 86_400
TEXT: Final = Path(__file__).with_name("page.md")


def page(template: Template) -> str:
    """Return the page for a template."""
    parts = {
        "alarms": _table(("alarm", "goes off when", "on"), _alarms(template)),
        "queries": _table(("saved query", "asks the logs of"), _queries(template)),
        "metrics": _table(("job", "runs a month", "metrics besides", "hours a month with values"), _metrics(template)),
        "default": _bill(bill(template, everything=False)),
        "everything": _bill(bill(template, everything=True)),
        "date": PRICES_OF,
    }
    return TEXT.read_text("utf-8").format(**parts)


def _alarms(template: Template) -> Iterator[tuple[str, ...]]:
    for name, alarm in of_type(template, "AWS::CloudWatch::Alarm"):
        when = template["Resources"][name].get("Condition", "")
        says, _, place = alarm["AlarmDescription"].rpartition(". docs/")
        yield f"[`{name}`]({place})", _say(says), _span(alarm) + (f", if `{when}`" if when else "")


def _span(alarm: dict[str, Any]) -> str:
    seconds = alarm["Period"] * alarm["EvaluationPeriods"]
    span = f"{seconds // _DAY_S} d" if seconds >= _DAY_S else f"{seconds // 60} min"
    return f"`{alarm['MetricName']}` over {span}"


def _queries(template: Template) -> Iterator[tuple[str, ...]]:
    for _, query in of_type(template, "AWS::Logs::QueryDefinition"):
        groups = [group["Ref"].removesuffix("Logs") for group in query["LogGroupNames"]]
        yield query["Name"]["Fn::Sub"].rpartition("/")[2], groups[0] if len(groups) == 1 else f"{len(groups)} functions"


def _metrics(template: Template) -> Iterator[tuple[str, ...]]:
    for job in functions(template):
        if job.job:
            names = ", ".join(f"`{name}`" for name in metrics_of(job)[len(OF_EACH_RUN) :])
            yield job.name, f"{runs_a_month(job):,.0f}", names or "none", f"{hours_a_month(job):,.0f}"


def _bill(lines: list[Line]) -> str:
    rows = [(line.what, line.count, line.price, f"{line.usd:.2f}") for line in lines]
    total = ("**in all**", "", "", f"**{sum(line.usd for line in lines):.2f}**")
    return _table(("what", "how many", "USD each", "USD a month"), iter([*rows, total]))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _say(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text

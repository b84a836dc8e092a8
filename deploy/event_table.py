"""The table of events/README.md: each function by the id that `sam` knows, with its samples."""

from __future__ import annotations

from deploy.marked import table
from deploy.rules.reading import of_type
from deploy.translated import ROOT, Template

_PREFIX = "${AWS::StackName}-"


def ids(template: Template) -> dict[str, str]:
    """Return the logical id of every function by its name without the stack's."""
    functions = of_type(template, "AWS::Serverless::Function")
    return {str(each["FunctionName"]["Fn::Sub"]).removeprefix(_PREFIX): name for name, each in functions}


def events(template: Template) -> str:
    """Return the table, a row for each function that has samples."""
    samples = sorted(path.name for path in (ROOT / "events").glob("*.json"))
    rows = (
        (f"`{logical_id}`", ", ".join(f"[{each}]({each})" for each in samples if each.partition(".")[0] == name))
        for name, logical_id in ids(template).items()
    )
    return table(("function", "samples"), rows)

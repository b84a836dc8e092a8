"""`make observability`: alarms, dashboard and saved queries into template.yaml, between the markers, and their page."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Any, Final

import yaml

from deploy.observability import page
from deploy.observability.alarms import Resources, alarms
from deploy.observability.dashboard import dashboard
from deploy.observability.registry import functions
from deploy.observability.saved_queries import saved_queries
from deploy.translated import TEMPLATE, Template, load

BEGIN: Final = (
    "  # ---- Made by `make observability` from the functions above (deploy/observability), not by hand: from here\n"
)
END: Final = "  # ---- to here\n"
# The dumper quotes whatever has a tag.
_QUOTED: Final = re.compile(r"!(Ref|GetAtt) '([\w.:]+)'")


@dataclass(frozen=True)
class _Short:
    """A value in the short form of an intrinsic function, such as `!Ref Name`."""

    tag: str
    text: str


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _short(dumper: yaml.SafeDumper, value: _Short) -> yaml.ScalarNode:
    return dumper.represent_scalar(f"!{value.tag}", value.text)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(_Short, _short)
_Dumper.add_representer(str, _text)


def made_of(template: Template) -> Resources:
    """Return every resource that watches over the functions of a template."""
    watched = functions(template)
    over = alarms(watched)
    return {**over, **dashboard(watched, over), **saved_queries(watched)}


def section(template: Template) -> str:
    """Return the lines between the markers."""
    parts = [
        _QUOTED.sub(r"!\1 \2", yaml.dump({name: _shortened(each)}, Dumper=_Dumper, sort_keys=False, width=110))
        for name, each in made_of(template).items()
    ]
    return "\n" + "\n".join("".join(_indented(part)) for part in parts) + "\n"


def rewritten(text: str, template: Template) -> str:
    """Return the text of a template with what lies between its markers made anew.

    Raises:
        ValueError: a marker is missing.
    """
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"template.yaml must have the lines\n{BEGIN}{END}")
    return f"{before}{BEGIN}{section(template)}{END}{after}"


def _indented(part: str) -> list[str]:
    return [f"  {line}" if line.strip() else line for line in part.splitlines(keepends=True)]


def _shortened(value: Any) -> Any:
    """Write intrinsic functions in their short form."""
    if isinstance(value, list):
        return [_shortened(each) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": str(name)}:
            return _Short("Ref", name)
        case {"Fn::Sub": str(text)}:
            return _Short("Sub", text)
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return _Short("GetAtt", f"{name}.{attribute}")
    return {key: _shortened(each) for key, each in value.items()}


def main() -> int:
    """Rewrite the template and the page about it."""
    text = TEMPLATE.read_text("utf-8")
    TEMPLATE.write_text(rewritten(text, load()), "utf-8")
    page.FILE.write_text(page.page(load()), "utf-8")
    sys.stdout.write(f"{len(made_of(load()))} resources\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

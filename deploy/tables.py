"""`make tables`: the tables of jobs, settings and sample events, into their pages, between markers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy import event_table, job_table, settings_table
from deploy.marked import replaced
from deploy.translated import ROOT, Template, load

PAGES: Final[Mapping[str, Mapping[str, Callable[[Template], str]]]] = {
    "README.md": {"jobs": job_table.jobs, "settings": settings_table.essential},
    "docs/configuration.md": {
        "parameters": settings_table.parameters,
        "variables": settings_table.variables,
    },
    "events/README.md": {"events": event_table.events},
}


def rewritten(page: str, template: Template) -> str:
    """Return a page, by its path in the repository, with its tables made anew.

    Raises:
        ValueError: it lacks the markers of one of them.
    """
    text = (ROOT / page).read_text("utf-8")
    for name, made in PAGES[page].items():
        text = replaced(text, name, made(template))
    return text


def main() -> None:
    """Write the pages."""
    template = load()
    for page in PAGES:
        Path(ROOT / page).write_text(rewritten(page, template), "utf-8")
        print(page)


if __name__ == "__main__":
    main()

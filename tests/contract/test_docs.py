"""What the pages name is there: files, headings, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.source import ROOT

PAGES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("*.md"))]
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)
MADE = set(TARGETS.findall((ROOT / "Makefile").read_text("utf-8") + (ROOT / "build.mk").read_text("utf-8")))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file of the repository, and where a heading is named, to one that is there."""
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#{1,4} (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in map(_anchor, headings), target


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md", "SECURITY.md", "README.md"])
def test_every_path_and_command_of_other_pages_is_there(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    roots = "functions|layers|deploy|docs|events|local|tests|benchmarks|requirements|[.]ci"
    paths = set(re.findall(rf"`((?:{roots})/[\w./-]*)`", text))
    assert [path for path in sorted(paths) if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}-*"))] == []
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) <= MADE

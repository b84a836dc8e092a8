"""docs/guarantees.md names nothing that is not there: its tests are files, its commands are targets."""

from __future__ import annotations

import re

from tests.contract.source import ROOT

PAGE = (ROOT / "docs" / "guarantees.md").read_text("utf-8")
TARGETS = re.compile(r"^([a-z-]+):", re.MULTILINE)


def test_every_test_that_it_names_is_there() -> None:
    named = set(re.findall(r"(?:tests|docs|functions|layers)/[\w./-]*\w", PAGE))

    assert len(named) > 20
    missing = [path for path in sorted(named) if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}-*"))]
    assert missing == []


def test_every_command_that_it_names_is_a_target() -> None:
    made = set(TARGETS.findall((ROOT / "Makefile").read_text("utf-8") + (ROOT / "build.mk").read_text("utf-8")))

    assert set(re.findall(r"`make ([a-z-]+)", PAGE)) <= made


def test_every_promise_names_what_proves_it_and_how_that_was_seen_to_fail() -> None:
    rows = [line.split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and "proved by" not in line]

    assert len(rows) > 25
    for promise, proof, red in rows:
        assert "make " in proof or "tests/" in proof, promise
        assert red.strip(" |"), promise

"""Nothing is installed that was not pinned with its hash, and what is let pass in the audit has a reason and a day."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.audit import EXCEPTIONS, Accepted, ExceptionsError, judge, read_exceptions
from deploy.translated import Template
from tests.contract.source import ROOT

PINNED = re.compile(r"[\w.-]+==[^\s;]+( ; [^\n]*?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+")
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
# Commands that fetch other people's code: what makes an install step of a line of a shell or of make.
INSTALLS = re.compile(
    r"\b(pip3?|uv|pipx|npm|npx|yarn|pnpm|apt|apt-get|apk|yum|dnf|brew|conda|gem|cargo|go)\s+(pip\s+)?"
    r"(install|add|sync|run|ci|i|get|exec)\b|\bcurl\b.*\|\s*(ba)?sh\b"
)
# Told to people, in a sentence or a heading; no step of ours.
TOLD = re.compile(r"\(Debian|On Debian|^\s*#|## ")
INSTALLERS = {"pip", "pip3", "uv", "pipx", "npm", "npx", "apt-get", "apt", "ensurepip"}
VERBS = {"install", "add", "sync", "i", "ci", "get"}


def _tracked(*suffixes: str) -> list[Path]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split("\0") if name]
    return [file for file in files if file.is_file() and (file.suffix in suffixes or file.name in suffixes)]


def unpinned_lines(text: str) -> list[str]:
    """The lines of a shell script or makefile that install without hashes."""
    return [
        line.strip()
        for line in text.replace("\\\n", " ").splitlines()
        if INSTALLS.search(line) and not TOLD.search(line) and "--require-hashes" not in line
    ]


def unpinned_functions(source: str) -> list[str]:
    """The functions that put an installer and its verb into a command, and never say that hashes are required."""
    return [
        f"{function.name} (line {function.lineno})"
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef)
        and _words(function) & INSTALLERS
        and _words(function) & VERBS
        and "--require-hashes" not in _words(function)
    ]


def _words(node: ast.AST) -> set[str]:
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_no_makefile_or_script_installs_without_hashes() -> None:
    files = _tracked("Makefile", ".mk", ".sh", "run", ".toml", ".yaml", ".yml")
    assert {"Makefile", "build.mk", "run", "template.yaml"} <= {file.name for file in files}

    found = {file.relative_to(ROOT).as_posix(): unpinned_lines(file.read_text("utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_program_of_ours_installs_without_hashes() -> None:
    found = {
        file.relative_to(ROOT).as_posix(): unpinned_functions(file.read_text("utf-8"))
        for file in _tracked(".py")
        if not file.is_relative_to(ROOT / "tests")
    }

    assert {name: functions for name, functions in found.items() if functions} == {}


@pytest.mark.parametrize(
    "line",
    [
        "\tpip install boto3",
        "\t$(PYTHON) -m pip install -r requirements/dev.txt",
        "\tpip install \\\n\t\tboto3",
        "npm install dynalite",
        "uv pip install x",
        "curl -s https://example.com/install.sh | sh",
        "sudo apt-get install -y spin",
    ],
)
def test_an_install_step_without_hashes_would_be_noticed(line: str) -> None:
    assert unpinned_lines(line)


def test_a_program_that_installs_without_hashes_would_be_noticed() -> None:
    program = 'def get():\n    run([python, "-m", "pip", "install", "-q", "pip"])\n'

    assert unpinned_functions(program) == ["get (line 1)"]
    assert unpinned_functions(program.replace('"-q"', '"--require-hashes"')) == []


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.stem)
def test_every_locked_package_has_one_version_and_its_hashes(file: Path) -> None:
    entries = re.split(r"\n(?=\S)", file.read_text("utf-8").replace("\\\n", " ").strip())

    assert entries
    assert [entry for entry in entries if not PINNED.fullmatch(entry)] == []


@pytest.mark.parametrize("file", ["local/bootstrap.py", "deploy/bundle.py"])
def test_nothing_is_built_from_sources_whose_tools_no_hash_covers(file: str) -> None:
    installing = [
        _words(function)
        for function in ast.walk(ast.parse((ROOT / file).read_text("utf-8")))
        if isinstance(function, ast.FunctionDef) and "--require-hashes" in _words(function)
    ]

    assert installing
    assert all("--only-binary=:all:" in words for words in installing)


def test_sam_builds_nothing_by_its_own_means(written: Template) -> None:
    built = {
        name: resource.get("Metadata", {}).get("BuildMethod")
        for name, resource in written["Resources"].items()
        if resource["Type"] in ("AWS::Serverless::Function", "AWS::Serverless::LayerVersion")
    }

    assert built
    assert {name: method for name, method in built.items() if method != "makefile"} == {}


def test_what_is_let_pass_in_the_audit_has_a_reason_and_a_day() -> None:
    assert isinstance(read_exceptions(EXCEPTIONS.read_text("utf-8")), list)


GOOD: dict[str, Any] = {
    "id": "PYSEC-1", "package": "lamp", "noted": date(2026, 11, 22), "until": date(2027, 2, 1), "reason": "Not called.",
}  # fmt: skip


def _written(**changes: Any) -> str:
    entry = {**GOOD, **changes}
    lines = (
        f"{name} = {value.isoformat() if isinstance(value, date) else repr(value)}" for name, value in entry.items()
    )
    return "[[exception]]\n" + "\n".join(lines)


def test_an_exception_is_read() -> None:
    assert read_exceptions(_written()) == [Accepted(**GOOD)]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (_written(reason=""), "reason must be a text"),
        (_written(until="2027-02-01"), "until must be a day"),
        (_written(until=date(2028, 1, 1)), "at most 180 days"),
        (_written(until=date(2026, 1, 1)), "at most 180 days"),
        (_written(for_ever=True).replace("True", "true"), "for_ever is not known"),
        ('ignore = ["PYSEC-1"]', "ignore is not known"),
    ],
)
def test_an_exception_that_is_no_explanation_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ExceptionsError, match=complaint):
        read_exceptions(text)


def _report(**dependency: Any) -> dict[str, Any]:
    return {"dependencies": [{"name": "lamp", "version": "1", "vulns": [], **dependency}], "fixes": []}


KNOWN = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.2"], "description": "It burns."}
TODAY = datetime(2026, 12, 1, tzinfo=UTC).date()


def _cases() -> Iterator[tuple[dict[str, Any], list[Accepted], str]]:
    yield {}, [], ""
    yield {"vulns": [KNOWN]}, [], "lamp 1: PYSEC-1, fixed in 1.2"
    yield {"vulns": [KNOWN]}, [Accepted(**GOOD)], ""
    yield {"vulns": [KNOWN]}, [Accepted(**{**GOOD, "id": "CVE-1"})], ""
    yield {"vulns": [KNOWN]}, [Accepted(**{**GOOD, "package": "other"})], "lamp 1"
    yield {"vulns": [KNOWN]}, [Accepted(**{**GOOD, "until": date(2026, 11, 30)})], "look again"


@pytest.mark.parametrize(("dependency", "accepted", "problem"), list(_cases()))
def test_the_audit_names_what_nobody_has_accepted(
    dependency: dict[str, Any], accepted: list[Accepted], problem: str
) -> None:
    found = judge(_report(**dependency), accepted, TODAY)

    assert len(found.problems) == bool(problem)
    assert all(problem in text for text in found.problems)


def test_a_package_that_nobody_could_look_up_is_not_called_clean() -> None:
    assert judge({"dependencies": [{"name": "lamp", "skip_reason": "not found"}]}, [], TODAY).unknown == ("lamp",)

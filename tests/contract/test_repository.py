"""What must never be committed: secrets, paths of one machine, addresses of registries, boto3 in a layer."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.contract.source import ROOT

# Written in pieces, so that this file does not find itself.
NEVER = {
    "an access key": r"\b(AKIA|ASIA)[A-Z0-9]{16}\b",
    "a private key": "-----BEGIN " + r"[A-Z ]*PRIVATE KEY-----",
    "a password in an address": r"postgres(ql)?://\w+:" + r"[^@\s/$}]{6,}@([\w-]+\.)+(?!example\b|test\b)[a-z]{2,}",
    "the path of one machine": r"(?<![\w.])/(root|work|Users/\w+|home/\w+)/" + r"[\w.]",
    "a package registry": r"(pypi|pythonhosted|npmjs)" + r"\.org\b",
}
TRIED = [
    ("an access key", "AKIA" + "IOSFODNN7EXAMPLE"),
    ("a private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
    ("a password in an address", "postgresql://shop:" + "hunter22@db.example.com/shop"),
    ("the path of one machine", "see /home" + "/anna/notes"),
    ("a package registry", "https://pypi" + ".org/simple"),
]


def _files() -> list[Path]:
    """What is committed, or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("kind", NEVER)
def test_nothing_is_committed_that_must_not_be(kind: str) -> None:
    pattern = re.compile(NEVER[kind])
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _files()
        for number, line in enumerate(path.read_text("utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]

    assert found == []


@pytest.mark.parametrize(("kind", "text"), TRIED)
def test_it_would_be_noticed(kind: str, text: str) -> None:
    assert re.search(NEVER[kind], text)


@pytest.mark.parametrize("lock", ["runtime", "extraction", "forecasting"])
def test_layers_are_locked_and_leave_to_the_runtime_what_it_has(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    names = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)

    assert names
    assert not {"boto3", "botocore", "s3transfer", "awslambdaric", "pydantic", "aws-xray-sdk"} & set(names)
    assert text.count("--hash=sha256:") >= len(names)


def test_the_layers_are_built_from_the_lock_files() -> None:
    for layer, lock in (("dependencies", "runtime"), ("extraction", "extraction"), ("forecasting", "forecasting")):
        link = ROOT / "layers" / layer / "requirements.txt"

        assert link.resolve() == ROOT / "requirements" / f"{lock}.txt"

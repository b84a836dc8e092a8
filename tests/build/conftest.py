"""What `make build` has made, and what the Lambda runtime adds to it: `make test-build` comes after `make build`."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy import bundle
from deploy.translated import ROOT

BUILT = ROOT / ".aws-sam" / "build"
# Of these the runtime has versions of its own, which change without notice: those that are locked stand in for them.
_OF_THE_RUNTIME = (
    *("awslambdaric", "boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "simplejson", "six"),
    *("snapshot-restore-py", "urllib3"),
)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the build, of the code as it is now."""
    if not (BUILT / "template.yaml").exists():
        pytest.skip("nothing is built here: make build")
    source, shipped = ROOT / "functions", BUILT / "ApiFunction"
    old = [
        file.relative_to(source)
        for file in sorted(source.rglob("*.py"))
        if not (shipped / file.relative_to(source)).exists()
        or (shipped / file.relative_to(source)).read_bytes() != file.read_bytes()
    ]
    assert not old, f"the build is older than {', '.join(map(str, old[:5]))}: make build"
    return BUILT


@pytest.fixture(scope="session")
def python() -> str:
    """A Python of the runtime's minor version: compiled modules fit no other."""
    found = bundle.find_runtime_python()
    if found is None:
        pytest.skip(f"no Python {bundle.RUNTIME} on this machine, and what is built is for that alone")
    return found


@pytest.fixture(scope="session")
def runtime(python: str) -> Path:
    """A folder with what Lambda's runtime brings besides Python, kept beside the build until the locks change."""
    pinned = _pinned((ROOT / "requirements" / "local.txt").read_text("utf-8"))
    folder = BUILT.parent / f"runtime-{hashlib.sha256(pinned.encode()).hexdigest()[:16]}"
    if not folder.exists():
        draft = folder.with_suffix(".unfinished")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        (draft / "requirements.txt").write_text(pinned, "utf-8")
        options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
        command = [python, "-m", "pip", "install", *options, "--target", str(draft)]
        done = subprocess.run(
            [*command, "-r", str(draft / "requirements.txt")], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        draft.rename(folder)
    return folder


def _pinned(lock: str) -> str:
    """The lock file's entries of these packages, with their hashes."""
    entries = re.findall(r"^[a-z].*(?:\n +--hash.*)+", lock, re.MULTILINE)
    found = [entry for entry in entries if entry.partition("==")[0] in _OF_THE_RUNTIME]
    assert len(found) == len(_OF_THE_RUNTIME), "the local environment locks them all"
    return "\n".join(found) + "\n"

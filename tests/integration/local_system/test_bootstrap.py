"""The first thing that runs on a fresh machine. The lock files are empty here: pip's own work is not what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import bootstrap

_SHOW = ("-c", "import sys; print(sys.prefix, sys.path)")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with bootstrap.py and lock files without packages."""
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "bootstrap.py").write_text(Path(bootstrap.__file__).read_text())
    (tmp_path / "requirements").mkdir()
    for lock in ("local", "dev"):
        (tmp_path / "requirements" / f"{lock}.txt").write_text("# nothing\n")
    return tmp_path


def _call(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "local" / "bootstrap.py"), *arguments],
        env={"PATH": os.environ["PATH"], "NIGHTSHIFT_PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def _fake_python(folder: Path, version: str, *, ensurepip: bool) -> str:
    """A program that answers as a Python of that version would."""
    file = folder / f"python-{version}"
    file.write_text(f"#!/bin/sh\necho {version.replace('.', ' ')} {int(ensurepip)} 0 {file}\n")
    file.chmod(0o755)
    return str(file)


@pytest.mark.long
def test_from_nothing_over_an_interruption_and_a_new_lock_file(checkout: Path) -> None:
    """One test for a life: making an environment takes seconds."""
    made, quiet = _call(checkout, "dev", *_SHOW), _call(checkout, "dev", *_SHOW)
    assert made.returncode == 0, made.stderr
    assert str(checkout / ".venv") in made.stdout
    assert str(checkout / "layers" / "nightshift") in made.stdout
    assert "Installing 0 packages as locked in requirements/dev.txt" in made.stderr
    assert (quiet.stdout, quiet.stderr) == (made.stdout, "")

    covered = _call(checkout, "local", "-c", "raise SystemExit(7)")
    assert covered.stderr == ""  # `dev` holds everything that `local` does
    assert covered.returncode == 7

    (checkout / ".venv" / "unfinished").touch()
    healed = _call(checkout, "dev")
    assert healed.returncode == 0, healed.stderr
    assert "making it again" in healed.stderr

    (checkout / "requirements" / "local.txt").write_text("# something else\n")
    followed = _call(checkout, "local")
    assert followed.returncode == 0, followed.stderr
    assert "Installing" in followed.stderr
    assert "making it again" not in followed.stderr

    (checkout / "requirements" / "local.txt").write_text("nightshift-nowhere==1 --hash=sha256:" + "0" * 64 + "\n")
    failed = _call(checkout, "local", PIP_NO_INDEX="1")
    assert failed.returncode == 2
    assert "nightshift-nowhere" in failed.stderr
    (checkout / "requirements" / "local.txt").write_text("# nothing again\n")
    assert "making it again" not in _call(checkout, "local").stderr


def test_an_old_python_is_told_plainly(checkout: Path, tmp_path: Path) -> None:
    done = _call(checkout, "local", NIGHTSHIFT_PYTHON=_fake_python(tmp_path, "3.10", ensurepip=True))

    assert done.returncode == 2
    assert done.stderr.startswith("nightshift: Python 3.11 or newer is needed (found: python3.10)")
    assert "Traceback" not in done.stderr


def test_a_python_that_cannot_make_environments_is_told_what_to_install(checkout: Path, tmp_path: Path) -> None:
    done = _call(checkout, "local", NIGHTSHIFT_PYTHON=_fake_python(tmp_path, "3.12", ensurepip=False))

    assert done.returncode == 2
    assert "apt-get install python3.12-venv" in done.stderr


def test_the_newest_python_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("3.11", "3.13"):
        Path(_fake_python(tmp_path, version, ensurepip=True)).rename(tmp_path / f"python{version}")
    (tmp_path / "python3.12").write_text("#!/bin/sh\nexit 127\n")  # a shim without its version
    (tmp_path / "python3.12").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delenv("NIGHTSHIFT_PYTHON", raising=False)

    assert bootstrap.find_interpreter().version == (3, 13)

"""A planted secret that gets into a log or an output fails the run, whichever way it took."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.source import ROOT

# Every way out, one test each. They all pass: the run itself must fail.
WAYS = """
import base64, logging, subprocess, sys
from tests.support import planted

SECRET = planted.plant("another-secret-" + "of-these-tests")

def test_printed():
    print("the key is", SECRET)

def test_logged():
    logging.getLogger("shop").warning("refused %s", SECRET)

def test_read_by_the_test(capsys):
    print(SECRET)
    assert capsys.readouterr().out

def test_said_by_a_program():
    subprocess.run([sys.executable, "-c", "import sys; print(sys.argv[1])", SECRET], capture_output=True)

def test_in_a_file(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "api.txt").write_text(SECRET)

def test_one_that_the_system_made(tmp_path):
    (tmp_path / "state" / "secrets").mkdir(parents=True)
    (tmp_path / "state" / "secrets" / "JobSecret").write_text("made-by-the-system-itself")
    (tmp_path / "state" / "server.log").write_text("refused made-by-the-system-itself")

def test_encoded():
    print(base64.b64encode(SECRET.encode()))
"""
CLEAN = """
from tests.support import planted

def test_nothing_is_said(tmp_path):
    (tmp_path / "secret").write_text(planted.JOB)
    print("fine")
"""


def _run(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.support.leaks"]\n')
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}"]
    # None of the plugins that happen to be installed: they take most of the time.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, *options, f"--basetemp={folder / 'base'}", str(folder)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    # Or the run that this test is part of would find them as well.
    shutil.rmtree(folder / "base", ignore_errors=True)
    return done


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "--numprocesses=1")], ids=["in one process", "under xdist"])
def test_every_way_out_is_noticed(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = _run(tmp_path, WAYS, *options)

    assert "7 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 1
    told = done.stdout.partition("secrets were written where others can read them")[2]
    for place in ("test_printed", "test_logged", "test_read_by_the_test", "test_said_by_a_program", "test_encoded"):
        assert f"::{place} (" in told, place
    assert "logs/api.txt" in told
    assert "made-by-the-syst... in state/server.log" in told
    assert "another-secret-of-these-tests" not in told


def test_a_run_that_keeps_its_secrets_passes(tmp_path: Path) -> None:
    done = _run(tmp_path, CLEAN)

    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr

"""`make run`, `make invoke` and `make reset`, as the commands that make calls."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.state import ROOT
from tests.support.processes import descendants, ended

pytestmark = pytest.mark.e2e


class _Commands:
    def __init__(self, state: Path) -> None:
        self.state = state
        self._environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "NIGHTSHIFT_STATE": str(state)}

    def __call__(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        with self.start(*command) as process:
            output, _ = process.communicate()
            return subprocess.CompletedProcess(command, process.returncode, output, "")

    @contextmanager
    def start(self, *command: str) -> Iterator[subprocess.Popen[str]]:
        """Starts a command and makes sure that it ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture(scope="module")
def commands(state: Path) -> _Commands:
    return _Commands(state)


def _read_until(process: subprocess.Popen[str], words: str) -> str:
    """The output up to the line with these words; all of it when they never come."""
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if words in line:
            return output
    raise AssertionError(output)


@pytest.mark.long
def test_once_ends_well_when_every_job_ended_as_it_should(commands: _Commands) -> None:
    done = commands("local.run", "--once")

    assert done.returncode == 0, done.stdout
    assert "Everything ended as the sample data says it should" in done.stdout
    assert re.search(r"product-checks +succeeded", done.stdout)
    assert re.search(r"cleanup-reservations +succeeded +3 ", done.stdout)
    assert re.search(r"warmup-forecasts +succeeded +4 +1 ", done.stdout)
    assert re.search(r"warmup-forecasts +succeeded +0 .* skippedFresh 4", done.stdout)
    assert "forecasts missing, explanations missing" in done.stdout
    assert "forecasts fresh, explanations fresh" in done.stdout
    pictures = [Path(picture) for picture in re.findall(r"/\S+\.svg", done.stdout)]
    assert len(pictures) == 6
    assert "iced tea" in pictures[0].read_text()
    pages = [Path(page) for page in re.findall(r"/\S+\.html", done.stdout)]
    assert "Letters to a Kettle" in pages[0].read_text()
    # Its links lead to the door of this run.
    address = re.search(r"Door +(\S+) ", done.stdout)
    assert address
    assert f"{address[1]}/u/" in pages[0].read_text()


def test_a_second_command_finds_the_running_system_and_nothing_is_left_after_ctrl_c(
    commands: _Commands, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({"trigger": "manual", "params": {"limit": "many"}}))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = commands("local.run", "--port", port)
    with commands.start("local.run") as system:
        # In the middle of its first run: the waits of slow pages have not ended yet.
        output = _read_until(system, "Every job once")
        children = descendants(system.pid) if sys.platform == "linux" else set()
        second = commands("local.run")
        unknown = commands("local.invoke", "--job", "no-such-job")
        badly = commands("local.invoke", "--job", "product-checks", "--event", str(wrong))
        busy = commands("local.reset")
        system.send_signal(signal.SIGINT)
        system.communicate()

    assert (refused.returncode, f"Port {port} is taken" in refused.stdout) == (2, True)
    assert "Door" in output
    assert (second.returncode, "is running already" in second.stdout) == (1, True)
    assert (unknown.returncode, "product-checks" in unknown.stdout) == (2, True)
    assert (badly.returncode, "InvalidEvent" in badly.stdout) == (1, True), badly.stdout
    assert busy.returncode == 1
    assert system.returncode == 130
    assert [child for child in children if not ended(child)] == []


def test_invoke_runs_one_job_on_its_own(commands: _Commands, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"trigger": "manual", "params": {"limit": 1}}))
    well = commands("local.invoke", "--job", "product-checks", "--event", str(event))
    missing = commands("local.invoke", "--job", "product-checks", "--event", str(tmp_path / "none.json"))

    assert well.returncode == 0, well.stdout
    assert '"processed": 1' in well.stdout
    assert missing.returncode == 2


def test_reset_forgets_everything(commands: _Commands) -> None:
    done = commands("local.reset")

    assert done.returncode == 0
    assert not list(commands.state.iterdir()) if commands.state.exists() else True

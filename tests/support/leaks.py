"""A pytest plugin: a run in which a planted secret got into a log, an output or a file of logs has failed.

Looked through are what pytest captures of every test, what tests read from `capsys` and `capfd` themselves, what the
programs say that tests start and wait for, and the log files under pytest's temporary folder. Each process of
pytest-xdist looks by itself; the first one gathers what they found.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import planted

_gathered = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_gathered] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Look over the shoulder of what takes output away before pytest sees it."""
    read, init = pytest.CaptureFixture.readouterr, subprocess.CompletedProcess.__init__

    def readouterr(fixture: Any) -> Any:
        captured = read(fixture)
        for text in captured:
            planted.look(f"{item.nodeid} (read by the test)", text)
        return captured

    def completed(process: Any, args: Any, returncode: int, stdout: Any = None, stderr: Any = None) -> None:
        init(process, args, returncode, stdout, stderr)
        for text in (stdout, stderr):
            planted.look(f"{item.nodeid} (a program it started)", text)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytest.CaptureFixture, "readouterr", readouterr)
        patch.setattr(subprocess.CompletedProcess, "__init__", completed)
        return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, content in report.sections:
        planted.look(f"{report.nodeid} ({name})", content)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # the name is the hook's
    node.config.stash[_gathered] += getattr(node, "workeroutput", {}).get("leaks", [])


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None and factory._basetemp is not None:
        planted.look_into(factory._basetemp)
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["leaks"] = planted.found()
        return
    leaks = session.config.stash[_gathered]
    leaks[:] = sorted({*leaks, *planted.found()})
    if leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if leaks := config.stash[_gathered]:
        terminalreporter.section("secrets were written where others can read them", red=True)
        terminalreporter.write("".join(f"{leak}\n" for leak in leaks))

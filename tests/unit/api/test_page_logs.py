"""The lines of a run on this machine, and the query that finds them on AWS."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from api.pages import logs

RUN = {"runId": "0b8a8c1e-1111-4222-8333-444455556666", "createdAt": "2026-11-22T15:00:00.000Z",
       "finishedAt": "2026-11-22T15:00:09.000Z"}  # fmt: skip


def line(message: str, run_id: str = RUN["runId"], **more: object) -> str:
    return json.dumps({"level": "INFO", "message": message, "timestamp": "15:00:01", "run_id": run_id, **more})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(logs.FOLDER, str(tmp_path))
    return tmp_path


def test_the_lines_of_the_run_are_shown_and_no_others(folder: Path) -> None:
    (folder / "fn.log").write_text(
        "\n".join([line("began"), line("other", "another"), line("ended", failed=2), "plain"])
    )

    assert logs.of_run("fn", RUN).lines == (
        f'15:00:01 INFO began  run_id="{RUN["runId"]}"',
        f'15:00:01 INFO ended  run_id="{RUN["runId"]}" failed=2',
    )


def test_what_is_no_json_is_shown_as_it_stands(folder: Path) -> None:
    (folder / "fn.log").write_bytes(f"Traceback of {RUN['runId']} \xff".encode("latin-1"))

    assert logs.of_run("fn", RUN).lines == (f"Traceback of {RUN['runId']} \ufffd",)


def test_of_very_many_lines_the_newest_are_shown(folder: Path) -> None:
    (folder / "fn.log").write_text("\n".join(line(f"{number}") for number in range(1000)))

    lines = logs.of_run("fn", RUN).lines

    assert len(lines) == 200
    assert "INFO 999 " in lines[-1]


def test_without_a_file_there_are_no_lines(folder: Path) -> None:
    assert logs.of_run("fn", RUN).lines == ()


def test_on_aws_a_query_is_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(logs.FOLDER, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    log = logs.of_run("nightshift-retention", RUN)

    home, _, detail = log.link.partition("#")
    assert home == "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1"
    assert detail.startswith("logsV2:logs-insights$3FqueryDetail$3D~(end~'2026-11-22T15*3A02*3A09.000Z")
    assert "~source~(~'*2Faws*2Flambda*2Fnightshift-retention))" in detail
    assert RUN["runId"] in unquote(detail.replace("*", "%"))
    assert log.lines == ()


def test_of_a_run_that_goes_on_hours_to_come_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(logs.FOLDER, raising=False)

    assert "end~'2026-11-22T18*3A02" in logs.of_run("fn", {**RUN, "finishedAt": None}).link

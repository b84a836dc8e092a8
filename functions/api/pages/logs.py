"""The log of a run: its lines where they are at hand, and where they are not, the query that finds them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from nightshift.routes import Json

# Where the handlers' output is kept on this machine; not set on AWS.
FOLDER: Final = "LOG_FOLDER"
_TAIL_BYTES: Final = 4 * 1024 * 1024
_MOST_LINES: Final = 200
# The clocks of a function and of its log differ, and a run's first line comes before its record.
_MARGIN: Final = timedelta(minutes=2)


@dataclass(frozen=True)
class Log:
    """The lines of a run, or where to find them; `query` is what finds them in CloudWatch Logs Insights."""

    lines: tuple[str, ...]
    link: str
    query: str
    group: str


def of_run(function: str, run: Json) -> Log:
    """Return the log of a run of this function."""
    query = f'fields @timestamp, level, message, @message | filter @message like "{run["runId"]}" | sort @timestamp asc'
    group = f"/aws/lambda/{function}"
    folder = os.environ.get(FOLDER)
    if folder:
        return Log(tuple(_lines(Path(folder) / f"{function}.log", run["runId"])), "", query, group)
    return Log((), _insights(os.environ.get("AWS_REGION", "us-east-1"), group, query, run), query, group)


def _lines(file: Path, run_id: str) -> Iterator[str]:
    """Yield the lines of a run among the newest of a file, the newest of them at most."""
    if not file.is_file():
        return
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - _TAIL_BYTES))
        found = [line for line in handle.read().decode(errors="replace").splitlines() if run_id in line]
    for line in found[-_MOST_LINES:]:
        yield _readable(line)


def _readable(line: str) -> str:
    """Write a line of JSON as its time, level, message, and what else it says."""
    try:
        fields = json.loads(line)
    except ValueError:
        return line
    if not isinstance(fields, dict) or "message" not in fields:
        return line
    first = [str(fields.pop(name, "")) for name in ("timestamp", "level", "message")]
    rest = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
    return f"{' '.join(first)}  {rest}"


def _insights(region: str, group: str, query: str, run: Json) -> str:
    """Return the address of the query in the console, over the time of the run."""
    begins = datetime.fromisoformat(run["createdAt"]) - _MARGIN
    ends = datetime.fromisoformat(run["finishedAt"] or run["createdAt"]) + _MARGIN
    if not run["finishedAt"]:
        ends += timedelta(hours=3)
    detail = (
        f"~(end~'{_escaped(ends)}~start~'{_escaped(begins)}~timeType~'ABSOLUTE~tz~'UTC"
        f"~editorString~'{_escaped(query)}~source~(~'{_escaped(group)}))"
    )
    home = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{home}#logsV2:logs-insights$3FqueryDetail$3D{detail}"


def _escaped(value: str | datetime) -> str:
    # The console's own way of writing text into an address: percent-encoded, with an asterisk for the percent sign.
    text = value if isinstance(value, str) else value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return quote(text, safe="").replace("%", "*")

"""`make job NAME=… DOMAIN=… SCHEDULE=…`: writes all of it or nothing, and says what is left to do."""

from __future__ import annotations

import argparse
import keyword
import re
import sys
from pathlib import Path

from deploy.new_job import code, template
from deploy.new_job.template import CannotAddError, NewJob
from deploy.rules.schedules import expression_problems
from deploy.translated import ROOT

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_DOMAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# The longest that Lambda lets a function's name be is 64, with the stack's before it.
_MAX_NAME = 40
_MAX_S = 12 * 3600


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """The command; 0 when everything has been written, 2 when nothing was."""
    parser = argparse.ArgumentParser(prog="make job", description=__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--domain", required=True)
    parser.add_argument("--schedule", required=True)
    parser.add_argument("--at-most", type=int, default=300)
    parser.add_argument("--description", default="")
    given = parser.parse_args(arguments)
    description = given.description or f"{given.name.replace('-', ' ').capitalize()}."
    job = NewJob(given.name, given.domain, given.schedule, given.at_most, description)
    try:
        _check(job)
        written = code.files(root, job)
        whole = root / "template.yaml"
        written[whole] = template.add(whole.read_text("utf-8"), job)
    except CannotAddError as problem:
        print(problem, file=sys.stderr)
        return 2
    for path, text in written.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"  {path.relative_to(root)}")
    return 0


def _check(job: NewJob) -> None:
    problems = [f"SCHEDULE {problem}" for problem in expression_problems(job.schedule)]
    if not _NAME.fullmatch(job.name) or len(job.name) > _MAX_NAME:
        problems.append(f"NAME={job.name}: lower-case words with hyphens between, {_MAX_NAME} characters at most")
    if not _DOMAIN.fullmatch(job.domain) or keyword.iskeyword(job.domain) or job.domain in sys.stdlib_module_names:
        problems.append(f"DOMAIN={job.domain}: a folder's name, lower-case words with underscores between")
    if not 1 <= job.at_most_s <= _MAX_S:
        problems.append(f"AT_MOST={job.at_most_s}: seconds, from 1 to {_MAX_S}")
    if any(sign in job.description for sign in '"\\{}\n'):
        problems.append("DESCRIPTION: one line without quotes, backslashes and braces")
    if problems:
        raise CannotAddError("\n".join(problems))


if __name__ == "__main__":
    sys.exit(main())

"""`make audit`: what is known against the locked packages. What cannot be looked up is said, and never called clean."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "requirements"
EXCEPTIONS = FOLDER / "audit-exceptions.toml"
LONGEST_DAYS = 180
_FIELDS = {"id": str, "package": str, "noted": date, "until": date, "reason": str}
_PIP_AUDIT = ("-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner=off", "--format=json")
CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Accepted:
    """One vulnerability that is let pass until a day, that day included."""

    id: str
    package: str
    noted: date
    until: date
    reason: str


@dataclass(frozen=True)
class Findings:
    """What came out for one file of locked packages."""

    asked: int
    problems: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    used: frozenset[str] = frozenset()


class ExceptionsError(ValueError):
    """The file of exceptions is not as it must be; the message names each entry."""


def read_exceptions(text: str) -> list[Accepted]:
    """Read the file of exceptions.

    Raises:
        ExceptionsError: an entry lacks something, has something unknown, or is let pass for too long.
    """
    document = tomllib.loads(text)
    entries = document.pop("exception", [])
    problems = [f"{name} is not known: only [[exception]] is" for name in document]
    for number, entry in enumerate(entries, 1):
        problems += [f"exception {number}: {problem}" for problem in _faults(entry)]
    if problems:
        raise ExceptionsError("\n".join(problems))
    return [Accepted(**entry) for entry in entries]


def _faults(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} is not known" for name in entry if name not in _FIELDS)
    wrong = [name for name, kind in _FIELDS.items() if type(entry.get(name)) is not kind or not entry[name]]
    yield from (f"{name} must be {'a day' if _FIELDS[name] is date else 'a text'}" for name in wrong)
    if not wrong and not 0 <= (entry["until"] - entry["noted"]).days <= LONGEST_DAYS:
        yield f"until must be at most {LONGEST_DAYS} days after noted"


def judge(report: Mapping[str, Any], exceptions: Sequence[Accepted], today: date) -> Findings:
    """Return what a report of pip-audit (its JSON) comes to."""
    problems: list[str] = []
    unknown: list[str] = []
    used: set[str] = set()
    for dependency in report["dependencies"]:
        if "skip_reason" in dependency:
            unknown.append(dependency["name"])
        for vulnerability in dependency.get("vulns", ()):
            accepted = _accepted(dependency["name"], vulnerability, exceptions)
            if accepted:
                used.add(accepted.id)
            if accepted is None or accepted.until < today:
                problems.append(_told(dependency, vulnerability, accepted))
    return Findings(len(report["dependencies"]), tuple(problems), tuple(unknown), frozenset(used))


def _accepted(package: str, vulnerability: Mapping[str, Any], exceptions: Sequence[Accepted]) -> Accepted | None:
    names = {vulnerability["id"], *vulnerability.get("aliases", ())}
    return next((each for each in exceptions if each.package == package and each.id in names), None)


def _told(dependency: Mapping[str, Any], vulnerability: Mapping[str, Any], lapsed: Accepted | None) -> str:
    fixed = ", ".join(vulnerability.get("fix_versions", ())) or "no version yet"
    since = f"; it was let pass until {lapsed.until}: look again" if lapsed else ""
    return f"{dependency['name']} {dependency['version']}: {vulnerability['id']}, fixed in {fixed}{since}"


def ask(file: Path) -> dict[str, Any]:
    """Let pip-audit look up every package of a lock file; nothing is installed or resolved.

    Raises:
        ConnectionError: it came to no answer.
    """
    command = [sys.executable, *_PIP_AUDIT, "--requirement", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise ConnectionError((done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]) from None
    return report


def main() -> int:
    """Audit every lock file: 0 all clean, 1 something is known, 2 not everything could be looked up."""
    exceptions, today = read_exceptions(EXCEPTIONS.read_text("utf-8")), datetime.now(UTC).date()
    result, used = CLEAN, set[str]()
    for file in sorted(FOLDER.glob("*.txt")):
        try:
            findings = judge(ask(file), exceptions, today)
        except ConnectionError as error:
            print(f"{file.name}: could not be audited: {error}")
            result = result or UNKNOWN
            continue
        used |= findings.used
        print(f"{file.name}: {_summary(findings)}")
        for problem in findings.problems:
            print(f"  {problem}")
        result = VULNERABLE if findings.problems else result or (UNKNOWN if findings.unknown else CLEAN)
    idle = [each.id for each in exceptions if each.id not in used] if result == CLEAN else []
    for each in idle:
        print(f"{each} is let pass but found nowhere: remove it from {EXCEPTIONS.name}")
    return VULNERABLE if idle else result


def _summary(findings: Findings) -> str:
    if findings.problems:
        return f"{len(findings.problems)} known vulnerabilities in {findings.asked} packages"
    if findings.unknown:
        return (
            f"{len(findings.unknown)} of {findings.asked} packages could not be looked up, so this is no answer:"
            f" {', '.join(findings.unknown[:5])}{' and more' if len(findings.unknown) > 5 else ''}"
        )
    return f"nothing is known against its {findings.asked} packages"


if __name__ == "__main__":
    sys.exit(main())

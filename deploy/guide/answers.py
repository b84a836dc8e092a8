"""What has been answered before: in samconfig.toml by the project, in a file that git ignores by whoever deploys."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from deploy.guide.parameters import Declared, read

# The longest name of a function is the stack's and 23 letters more, of 64.
_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
FOLDER: Final = ".deploy"


class AnswersError(ValueError):
    """A file cannot be used; the message says which and why."""


@dataclass
class Answers:
    """Where an environment lives, and what its stack is given. Never a secret: those are in Secrets Manager."""

    account: str = ""
    region: str = ""
    stack: str = ""
    parameters: dict[str, str] = field(default_factory=dict)


def environment_names(config: dict[str, Any]) -> list[str]:
    """Return the environments of samconfig.toml that a stack can be deployed for."""
    return [name for name, section in config.items() if name != "default" and "deploy" in section]


def settings(root: Path, environment: str) -> dict[str, Any]:
    """Return what samconfig.toml says of deploying an environment.

    Raises:
        AnswersError: there is no such environment.
    """
    config = {
        name: each
        for name, each in tomllib.loads((root / "samconfig.toml").read_text("utf-8")).items()
        if isinstance(each, dict)
    }
    if environment not in environment_names(config):
        known = ", ".join(environment_names(config))
        raise AnswersError(f"samconfig.toml has no environment {environment!r}: it has {known}. ENV=prod picks one")
    found: dict[str, Any] = config[environment]["deploy"]["parameters"]
    return found


def project_parameters(wanted: dict[str, Any], declared: Declared) -> dict[str, str]:
    """Return the parameters that samconfig.toml sets for an environment, as `settings` read it."""
    given: Iterable[str] | str = wanted.get("parameter_overrides", ())
    return read(given if isinstance(given, str) else " ".join(given), declared)


def check_stack(name: str) -> str:
    """Return the name. Raises AnswersError where functions could not carry it."""
    if not _STACK.fullmatch(name):
        raise AnswersError(
            f"{name!r} is no name for this stack: letters, digits and hyphens, a letter first, 40 at most"
        )
    return name


def load(root: Path, environment: str) -> Answers:
    """Return what was kept of the last time, or nothing known. Raises AnswersError for a damaged file."""
    path = _path(root, environment)
    if not path.exists():
        return Answers()
    try:
        return Answers(**json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError):
        raise AnswersError(f"{path.relative_to(root)} cannot be read; without it you are asked again") from None


def keep(root: Path, environment: str, answers: Answers) -> None:
    """Write the answers down, in one step."""
    path = _path(root, environment)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".unfinished")
    draft.write_text(json.dumps(asdict(answers), indent=2, sort_keys=True) + "\n", "utf-8")
    draft.replace(path)


def forget(root: Path, environment: str) -> None:
    """Remove what was kept, as after the stack itself."""
    _path(root, environment).unlink(missing_ok=True)


def _path(root: Path, environment: str) -> Path:
    return root / FOLDER / f"{environment}.json"

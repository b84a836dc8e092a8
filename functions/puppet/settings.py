"""Who carries out which jobs: the settings of a deployment, read once a run and refused with all that is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightshift.errors import SettingsError
from nightshift.loopback import is_loopback
from nightshift.outbound import AddressRefused, WebAddress
from nightshift.settings import env, load

_JOB_TYPE: Final = re.compile(r"\S(?:.{0,98}\S)?")
# A name, name:alias, or an ARN of either.
_FUNCTION: Final = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:)?[A-Za-z0-9_-]{1,140}(?::[A-Za-z0-9$_-]+)?"
)
_KNOWN: Final = ("url", "lambda", "timeoutSeconds", "callbackSeconds", "invite")
_TIMEOUT_S: Final = (1, 600)
_CALLBACK_S: Final = (1, 7 * 24 * 3600)
_FORM: Final = (
    'PUPPET_EXECUTORS must be a JSON object such as {"send_invite": {"url": "https://worker.example/jobs"},'
    ' "export": {"lambda": "function-name"}}'
)


@dataclass(frozen=True)
class CallbackSettings:
    """What a late answer is checked with."""

    secret_ref: str = env(
        "PUPPET_WORKER_SECRET_REF",
        default="",
        tells="Where the secret is that puppet jobs and their callbacks are signed with",
    )


@dataclass(frozen=True)
class WorkerSettings(CallbackSettings):
    """The settings of the processor's function."""

    executors: str = env("PUPPET_EXECUTORS", default="{}")
    # Where the door is: what callback addresses begin with.
    public_url: str = env("PUBLIC_URL", default="")
    allow_loopback: bool = env(
        "PUPPET_ALLOW_LOOPBACK",
        default=False,
        tells="Lets workers be on this machine, without TLS; for the local system only",
    )


@dataclass(frozen=True)
class Target:
    """Who carries out the jobs of one type: an HTTPS worker or a Lambda function, the other is None."""

    worker: WebAddress | None
    function: str | None
    timeout_s: float | None = None
    callback_s: float = 900.0
    is_invite: bool = False


def load_settings(environ: Mapping[str, str]) -> tuple[WorkerSettings, dict[str, Target]]:
    """Read the settings, and by job type who carries it out.

    Raises:
        SettingsError: naming everything that is missing or wrong.
    """
    settings = load(WorkerSettings, environ)
    reader = _Reader(settings.allow_loopback)
    targets = reader.read(settings.executors)
    problems = reader.problems
    if targets or problems:
        missing = {"PUPPET_WORKER_SECRET_REF": settings.secret_ref, "PUBLIC_URL": settings.public_url}
        problems += [f"{name} is missing, and workers need it" for name, value in missing.items() if not value]
    if problems:
        raise SettingsError(problems)
    return settings, targets


class _Reader:
    """Reads PUPPET_EXECUTORS and gathers what is wrong with it."""

    def __init__(self, allow_loopback: bool) -> None:  # noqa: FBT001  # the setting as it is
        self.problems: list[str] = []
        self._allow_loopback = allow_loopback

    def read(self, text: str) -> dict[str, Target]:
        try:
            written = json.loads(text, object_pairs_hook=self._object)
        except (ValueError, RecursionError):
            written = None
        if not isinstance(written, dict):
            self.problems.append(_FORM)
            return {}
        return {name: target for name, entry in written.items() if (target := self._target(name, entry))}

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        self.problems += [
            f"PUPPET_EXECUTORS: {name} is given twice" for name in dict.fromkeys(names) if names.count(name) > 1
        ]
        return dict(pairs)

    def _target(self, name: str, entry: Any) -> Target | None:
        if not _JOB_TYPE.fullmatch(name) or not isinstance(entry, dict):
            self._say(name or "(empty)", 'must be {"url": …} or {"lambda": …} under the name of a job type')
            return None
        for key in entry.keys() - set(_KNOWN):
            self._say(name, f"{key} is not known (known: {', '.join(_KNOWN)})")
        if ("url" in entry) == ("lambda" in entry):
            self._say(name, "must have either url or lambda")
            return None
        is_invite = entry.get("invite", False)
        if not isinstance(is_invite, bool):
            self._say(name, "invite must be true or false")
        return Target(
            worker=self._worker(name, entry["url"]) if "url" in entry else None,
            function=self._function(name, entry["lambda"]) if "lambda" in entry else None,
            timeout_s=self._seconds(name, entry, "timeoutSeconds", _TIMEOUT_S),
            callback_s=self._seconds(name, entry, "callbackSeconds", _CALLBACK_S) or Target.callback_s,
            is_invite=is_invite is True,
        )

    def _worker(self, name: str, url: Any) -> WebAddress | None:
        if not isinstance(url, str):
            self._say(name, "url must be an address such as https://worker.example/jobs")
            return None
        try:
            address = WebAddress.parse(url)
        except AddressRefused as error:
            self._say(name, f"url: {error}")
            return None
        if address.scheme != "https" and not (is_loopback(address.host) and self._allow_loopback):
            self._say(name, "url must begin with https://")
        return address

    def _function(self, name: str, function: Any) -> str | None:
        if isinstance(function, str) and _FUNCTION.fullmatch(function):
            return function
        self._say(name, "lambda must be the name or the ARN of a Lambda function")
        return None

    def _seconds(self, name: str, entry: Mapping[str, Any], key: str, bounds: tuple[int, int]) -> float | None:
        value = entry.get(key)
        if value is None:
            return None
        if type(value) in (int, float) and bounds[0] <= value <= bounds[1]:
            return float(value)
        self._say(name, f"{key} must be a number from {bounds[0]} to {bounds[1]}")
        return None

    def _say(self, name: str, problem: str) -> None:
        self.problems.append(f"PUPPET_EXECUTORS: {name[:100]}: {problem}")

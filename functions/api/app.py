"""The handler of the `api` function."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from api.door import Door
from api.incoming import Incoming
from api.settings import load_settings
from nightshift.errors import SettingsError
from nightshift.platform import platform

# Without a Lambda context (a test, a shell) a request may take as long as the HTTP API waits for one.
_NO_CONTEXT_S = 30.0


def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one HTTP request (HTTP API, payload 2.0).

    Raises:
        SettingsError: the deployment is wrong; Lambda counts the error, which sets off the alarm.
    """
    incoming = Incoming.read(event, getattr(context, "aws_request_id", ""))
    time_left_s = context.get_remaining_time_in_millis() / 1000 if context else _NO_CONTEXT_S
    return door().answer(incoming, time_left_s)


@cache
def door() -> Door:
    """Return the door of this process, made from its environment.

    Raises:
        SettingsError: naming everything in the environment that is missing or wrong.
    """
    problems: list[str] = []
    for read in (platform, lambda: load_settings(os.environ)):
        try:
            read()
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(problems)
    return Door(platform(), load_settings(os.environ))

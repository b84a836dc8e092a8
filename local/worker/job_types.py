"""The types of puppet jobs that the local worker carries out, as PUPPET_EXECUTORS names them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "visit_profile": {},
    "send_message": {},
    "send_invite": {"invite": True},
    "follow_company": {},
    "export_contacts": {"callbackSeconds": 60},
    # Its worker hangs in the sample data; nobody wants to look at that for two minutes.
    "scroll_feed": {"timeoutSeconds": 1},
}


def executors(url: str) -> str:
    """Return the setting for a worker at `url`."""
    return json.dumps({name: {"url": url, **options} for name, options in _TYPES.items()})

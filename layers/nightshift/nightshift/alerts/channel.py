"""One POST to a Slack webhook, and what its answer means. The webhook's address is a secret and is never shown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from nightshift.errors import ConfigurationError, NightshiftError
from nightshift.loopback import is_loopback
from nightshift.outbound.retry_after import retry_after_s

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S: Final = 3.0
ANSWER_TIMEOUT_S: Final = 5.0
# Where Slack asks for patience, or cannot be reached, and does not say for how long.
PATIENCE_S: Final = 60
_ANSWER_BYTES: Final = 200
# What Slack says where the message is wrong and not the webhook (https://api.slack.com/messaging/webhooks).
_BAD_MESSAGE: Final = (
    "invalid_payload", "invalid_blocks", "invalid_blocks_format", "no_text", "too_many_attachments",
    "invalid_attachments", "msg_too_long", "msg_blocks_too_long",
)  # fmt: skip


class Verdict(StrEnum):
    """What is to be done where a message was not sent."""

    LATER = "later"  # certainly not sent; try again after `wait_s`
    DOUBTFUL = "doubtful"  # nobody knows whether it arrived
    REFUSED = "refused"  # this message never will be; others may
    CLOSED = "closed"  # this webhook takes nothing any more


class NotSent(NightshiftError):
    """A message was not sent, or nobody knows whether it was."""

    def __init__(self, verdict: Verdict, said: str, wait_s: int = PATIENCE_S) -> None:
        self.verdict = verdict
        self.wait_s = wait_s
        super().__init__(said)


class Slack:
    """A webhook, as one run uses it."""

    def __init__(self, webhook: str) -> None:
        """Take the webhook's address.

        Raises:
            ConfigurationError: it is not one; what is there instead is not shown.
        """
        if not _is_address(webhook.strip()):
            raise ConfigurationError("the secret of the Slack webhook must hold an https:// address")
        self._webhook = webhook.strip()
        self._transport: httpx.HTTPTransport | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if self._transport is not None:
            self._transport.close()

    @property
    def fingerprint(self) -> str:
        """What tells one webhook from another without giving it away."""
        return sha256(self._webhook.encode()).hexdigest()[:16]

    def post(self, payload: Mapping[str, Any]) -> None:
        """Send one message, once.

        Raises:
            NotSent: with what is to be done.
        """
        import httpx

        try:
            status, headers, said = self._answer(json.dumps(payload).encode())
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise NotSent(Verdict.LATER, f"Slack cannot be reached ({type(error).__name__})") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            # Once something was on its way, it may have arrived.
            raise NotSent(Verdict.DOUBTFUL, f"Slack did not answer ({type(error).__name__})") from None
        if status != 200:
            raise _refusal(status, said, retry_after_s(headers.get("Retry-After")))

    def _answer(self, body: bytes) -> tuple[int, Mapping[str, str], str]:
        """Post and return status, headers and the word that Slack answered."""
        import httpx

        # The transport alone: httpx's client writes every address that it calls into the log.
        self._transport = self._transport or httpx.HTTPTransport(retries=0)
        request = httpx.Request(
            "POST",
            self._webhook,
            content=body,
            headers={"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"},
            extensions={"timeout": {
                "connect": CONNECT_TIMEOUT_S, "read": ANSWER_TIMEOUT_S, "write": ANSWER_TIMEOUT_S, "pool": 1.0,
            }},
        )  # fmt: skip
        response = self._transport.handle_request(request)
        try:
            said = next(response.iter_raw(), b"") if response.status_code != 200 else b""
            return response.status_code, response.headers, _word(said)
        finally:
            response.close()


def _refusal(status: int, said: str, wait_s: int | None) -> NotSent:
    shown = f"HTTP {status}{f' {said}' if said else ''}"
    if status == 429 or status >= 500:
        return NotSent(Verdict.LATER, shown, PATIENCE_S if wait_s is None else wait_s)
    if status == 413 or (status == 400 and said in _BAD_MESSAGE):
        return NotSent(Verdict.REFUSED, shown)
    # 404 no_service, 403 invalid_token, 410 channel_is_archived, a redirect: whatever is sent there, it is lost.
    return NotSent(Verdict.CLOSED, shown)


def _word(said: bytes) -> str:
    """Return what Slack answered where it is a word of its own; anything else could be anything."""
    match = re.fullmatch(rb"[a-z_]{1,60}", said[:_ANSWER_BYTES].strip())
    return match[0].decode() if match else ""


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        # What it says of the text would show some of it.
        return False
    is_private = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
    return is_private and bool(parts.hostname)

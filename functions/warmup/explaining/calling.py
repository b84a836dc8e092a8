"""What a call of any model has in common: its answer, how it fails, and an end that it cannot outlive."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from warmup.explaining.prompt import Prompt

T = TypeVar("T")

# Time-outs, conflicts, too many requests, and whatever the server blames on itself.
_TEMPORARY: Final = frozenset({408, 409, 421, 424, 425, 429, 500, 502, 503, 504, 529})
# The model may have worked on it before it was given up.
_MAY_BE_BILLED: Final = frozenset({408, 424, 504})
# More than any model reads or writes at once: such a count is a fault, and would spend the budget for nothing.
_MOST_TOKENS: Final = 10_000_000


@dataclass(frozen=True)
class Reply:
    """What a model answered, and the tokens it counted: None where it does not say."""

    text: str
    input_tokens: int | None
    output_tokens: int | None


class Model(Protocol):
    """Bedrock, or any OpenAI-compatible server."""

    def ask(self, prompt: Prompt, timeout_s: float) -> Reply:
        """Ask once.

        Raises:
            CallFailed: there is no answer.
        """
        ...

    def close(self) -> None:
        """Close every connection; the next call opens new ones."""
        ...


class CallFailed(Exception):
    """A call without an answer.

    Attributes:
        temporary: asking again later may help.
        may_be_billed: it is not certain that nothing was made.
        retry_after_s: when the server wants to be asked again, where it says so.
    """

    def __init__(
        self, message: str, *, temporary: bool, may_be_billed: bool, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.temporary = temporary
        self.may_be_billed = may_be_billed
        self.retry_after_s = retry_after_s


def failed_with_status(
    who: str, status: int, reason: str = "", *, retry_after_s: float | None = None, final: bool = False
) -> CallFailed:
    """Return the failure that an HTTP status means. `final`: the server's own code says that a retry cannot help."""
    message = f"{who} answered with status {status}{f' ({reason})' if reason else ''}"
    temporary = status in _TEMPORARY and not final
    return CallFailed(message, temporary=temporary, may_be_billed=status in _MAY_BE_BILLED, retry_after_s=retry_after_s)


def token_count(counted: Any) -> int | None:
    """Return a number of tokens as a server tells it, None where it is no such number."""
    if not isinstance(counted, int) or isinstance(counted, bool):
        return None
    return counted if 0 <= counted <= _MOST_TOKENS else None


def run_within(seconds: float, call: Callable[[], T]) -> T:
    """Run `call` and return what it does, or leave it behind when the time is over.

    The time-outs of sockets begin anew with every byte and leave name resolution out: so a call has its own thread.

    Raises:
        CallFailed: the time is over; or what the call raised.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001  # raised again by the waiting thread
            answer.set_exception(error)

    threading.Thread(target=run, name="explainer call", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.done():
            raise
        raise CallFailed("no complete answer in time", temporary=True, may_be_billed=True) from None

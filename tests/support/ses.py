"""SES with a will of its own: the local mailbox, which refuses, hesitates or hangs up when a test says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from local.mailbox import Mail, Mailbox, RefusedError


class Ses(Mailbox):
    """Keeps every mail; `answers` may hold what happens to the next ones: an error, or a call made with the mail."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[RefusedError | Callable[[Mail], None] | None] = []
        self.asked = 0

    def take(self, mail: Mail) -> None:
        self.asked += 1
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, RefusedError):
            raise answer
        super().take(mail)
        if answer is not None:
            answer(mail)

    @property
    def addressees(self) -> list[str]:
        """Who got a mail, in the order of the mails."""
        return [mail.to[0] for mail in self.mails]


@contextmanager
def ses_server() -> Iterator[Ses]:
    """Answer on a free port until the block ends."""
    ses = Ses()
    ses.start()
    try:
        yield ses
    finally:
        ses.stop()

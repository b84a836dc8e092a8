"""One run's delivery: claim a batch, and for each mail check again, send, mark. One mail is in flight at a time.

A crash at any point loses nothing: what was claimed is freed by a later run, and the one mail that was in flight is
found, counted as doubtful and sent once more.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from nightshift.delivery import Delivered
from nightshift.delivery.letter import Letter
from nightshift.delivery.outbox import Begun, Outbox
from nightshift.delivery.pace import Pace
from nightshift.delivery.post import ANSWER_TIMEOUT_S, CONNECT_TIMEOUT_S, NotSent, Post
from nightshift.delivery.settings import MailSettings
from nightshift.delivery.verdicts import Verdict
from nightshift.delivery.writing import Writer
from nightshift.job import Run
from nightshift.runs import MAX_ERRORS

# No mail is begun that could not be answered and recorded before the deadline.
_ONE_MAIL_S: Final = CONNECT_TIMEOUT_S + ANSWER_TIMEOUT_S + 2.0
# Waits after SES said that it is too much; then the rest is left to a later run.
_BACKOFF_S: Final = (1.0, 2.0, 4.0)
# So many mails in a row that came to no good end mean that the next would not either.
_MISHAPS_IN_A_ROW: Final = 2
_NO_MAIL: Final = "SES takes no mail"


class Delivery:
    """The delivery of one run."""

    def __init__(
        self,
        run: Run,
        settings: MailSettings,
        writer: Writer,
        post: Post,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._run = run
        self._writer = writer
        self._post = post
        self._sleep = sleep
        self._outbox = Outbox(run, settings.zone, settings.max_per_person_and_day, sleep=sleep)
        self._pace = Pace(settings.max_per_second, monotonic=run.monotonic, sleep=sleep)
        self._counts: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._errors: list[str] = []
        self._mishaps = 0
        self._stopped = ""

    def carry_out(self, kinds: Sequence[str] | None = None) -> Delivered:
        """Deliver until nothing waits, the time is up, or SES takes no more."""
        self._counts.update(self._outbox.recover())
        for mail_id in self._claimed(kinds):
            if not self._may_begin():
                break
            self._tell(mail_id)
        self._outbox.free()
        return self._delivered(kinds)

    def _claimed(self, kinds: Sequence[str] | None) -> Iterator[str]:
        for mails in self._outbox.claim(kinds):
            yield from mails
            self._run.checkpoint()

    def _may_begin(self) -> bool:
        if not self._stopped and self._run.time_left_s < _ONE_MAIL_S:
            self._stopped = "the time is up"
        return not self._stopped

    def _tell(self, mail_id: str) -> None:
        """Send one mail; where SES asks for patience, wait and check everything again before the next try."""
        for pause_s in (*_BACKOFF_S, None):
            if self._try(mail_id) is not Verdict.THROTTLED:
                return
            if pause_s is None or self._run.time_left_s < pause_s + _ONE_MAIL_S:
                break
            self._sleep(pause_s)
        self._stopped = "SES says that it is too much"

    def _try(self, mail_id: str) -> Verdict | None:
        """Check one mail, send it and record what became of it; return what kept it from going out, if anything did."""
        self._pace.wait()  # before the mail is in flight: a crash while waiting leaves nothing in doubt
        begun = self._outbox.begin(mail_id)
        self._counts["suppressed"] += begun.suppressed
        if not begun.is_sending:
            return None
        try:
            letter = self._write(begun)
            self._pace.spend()
            message_id = self._post.send(letter)
        except NotSent as error:
            self._was_not_sent(begun, error.verdict, str(error))
            return error.verdict
        self._outbox.sent(begun.mail_id, message_id)
        self._counts["sent_mails"] += 1
        self._told.update(begun.told or {})
        self._mishaps = 0
        return None

    def _write(self, begun: Begun) -> Letter:
        try:
            return self._writer.write(begun)
        except NotSent:
            raise
        except Exception as error:
            # A mail that cannot be written is one person's trouble, and stops nobody else's.
            self._run.log.exception("Mail not written", mail=begun.mail_id)
            raise NotSent(Verdict.REFUSED, f"it could not be written ({type(error).__name__})") from error

    def _was_not_sent(self, begun: Begun, verdict: Verdict, said: str) -> None:
        if verdict in (Verdict.THROTTLED, Verdict.STOPPED):
            self._outbox.land(begun.mail_id)
            if verdict is Verdict.STOPPED:
                self._stopped = f"{_NO_MAIL}: {said}"
                self._errors.append(self._stopped)
            return
        self._errors.append(f"mail {begun.mail_id}: {verdict}: {said}")
        if verdict is Verdict.PERMANENT:
            self._counts["failed"] += self._outbox.failed(begun.mail_id, said)
            return
        self._counts["failed"] += self._outbox.unsure(begun.mail_id, verdict, said)
        self._counts["doubtful"] += verdict is Verdict.DOUBTFUL
        self._mishaps += 1
        if self._mishaps >= _MISHAPS_IN_A_ROW:
            self._stopped = f"{self._mishaps} mails in a row came to no good end"

    def _delivered(self, kinds: Sequence[str] | None) -> Delivered:
        counts, left = self._counts, self._outbox.left(kinds)
        self._emit(left)
        return Delivered(
            sent_mails=counts["sent_mails"],
            notified=sum(number for kind, number in self._told.items() if kinds is None or kind in kinds),
            suppressed=counts["suppressed"],
            failed=counts["failed"],
            doubtful=counts["doubtful"],
            left=left,
            errors=tuple(self._errors[:MAX_ERRORS]),
            stopped=self._stopped,
        )

    def _emit(self, left: int) -> None:
        run = self._run
        run.count("MailsSent", self._counts["sent_mails"])
        run.count("MailsDoubtful", self._counts["doubtful"])
        run.count("NotificationsFailed", self._counts["failed"])
        run.count("SendingStopped", int(self._stopped.startswith(_NO_MAIL)))
        run.metrics["NotificationsWaiting"] = ("Count", left)

"""Bounces and complaints that SES reports: the handler that keeps us from writing to such addresses again.

Takes what SNS delivers (SES' event publishing and its older notifications alike) and what EventBridge delivers.
Idempotent: an address is suppressed once, by what was reported first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from nightshift.errors import InvalidEvent
from nightshift.platform import platform
from nightshift.sql import queries
from nightshift.storable import storable
from nightshift.telemetry import emit, logger

_NAME: Final = "mail-feedback"
_DETAIL_LENGTH: Final = 300
_FORMS: Final = (
    'an SNS event ({"Records": [{"Sns": {"Message": …}}]}) or one of EventBridge ({"source": "aws.ses", "detail": …})'
)


@dataclass(frozen=True)
class Suppression:
    """An address that gets no mail any more, and why."""

    address: str
    reason: str
    detail: str


def handler(event: Any, _context: Any) -> dict[str, Any]:
    """Suppress the addresses of permanent bounces and of complaints; whatever else SES reports changes nothing.

    Raises:
        InvalidEvent: naming what is wrong with the event; nothing was suppressed.
        DatabaseError: it could not be written; Lambda tries again.
    """
    log = logger(_NAME)
    try:
        found = [suppression for report in reports(event) for suppression in suppressions(report)]
    except InvalidEvent as error:
        log.error("Event refused", problems=error.problems)  # noqa: TRY400  # the sender's mistake, not ours
        raise
    added = _write(found) if found else 0
    bounces = sum(each.reason == "bounce" for each in found)
    complaints = len(found) - bounces
    # How many, never which: an address has no place in a log.
    log.info("Mail feedback taken", suppressed=added, bounces=bounces, complaints=complaints)
    emit(_NAME, {"Bounces": ("Count", bounces), "Complaints": ("Count", complaints)})
    return {"suppressed": added, "bounces": bounces, "complaints": complaints}


def reports(event: Any) -> list[Mapping[str, Any]]:
    """Unwrap the reports of SES from what carried them.

    Raises:
        InvalidEvent: it is neither of the two forms.
    """
    if not isinstance(event, Mapping):
        raise InvalidEvent([f"the event must be {_FORMS}"])
    if event.get("source") == "aws.ses":
        return [_mapping(event.get("detail"), "detail")]
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        raise InvalidEvent([f"the event must be {_FORMS}"])
    return [_unwrapped(record, f"Records[{number}]") for number, record in enumerate(records)]


def suppressions(report: Mapping[str, Any]) -> Iterator[Suppression]:
    """Yield the addresses that a report ends.

    Raises:
        InvalidEvent: the report lacks what its kind must have.
    """
    kind = report.get("eventType") or report.get("notificationType")
    if not isinstance(kind, str):
        raise InvalidEvent(["eventType (or notificationType) must say what SES reports, such as Bounce"])
    if kind == "Bounce":
        yield from _bounced(_mapping(report.get("bounce"), "bounce"))
    elif kind == "Complaint":
        yield from _complained(_mapping(report.get("complaint"), "complaint"))


def _bounced(bounce: Mapping[str, Any]) -> Iterator[Suppression]:
    kind, sub = bounce.get("bounceType"), bounce.get("bounceSubType", "")
    if kind not in ("Permanent", "Transient", "Undetermined"):
        raise InvalidEvent(["bounce.bounceType must be Permanent, Transient or Undetermined"])
    for recipient in _recipients(bounce, "bounce.bouncedRecipients", "bouncedRecipients"):
        # A full mailbox or a long holiday passes.
        if kind == "Permanent":
            said = recipient.get("diagnosticCode") or sub
            yield Suppression(_address(recipient), "bounce", str(said)[:_DETAIL_LENGTH])


def _complained(complaint: Mapping[str, Any]) -> Iterator[Suppression]:
    kind = complaint.get("complaintFeedbackType") or complaint.get("complaintSubType") or ""
    for recipient in _recipients(complaint, "complaint.complainedRecipients", "complainedRecipients"):
        # The opposite of a complaint: somebody took the mail out of the spam folder.
        if kind != "not-spam":
            yield Suppression(_address(recipient), "complaint", str(kind)[:_DETAIL_LENGTH])


def _recipients(report: Mapping[str, Any], path: str, name: str) -> list[Mapping[str, Any]]:
    recipients = report.get(name)
    if not isinstance(recipients, list) or not recipients:
        raise InvalidEvent([f"{path} must be a list with at least one recipient"])
    return [_mapping(each, f"{path}[{number}]") for number, each in enumerate(recipients)]


def _address(recipient: Mapping[str, Any]) -> str:
    raw = recipient.get("emailAddress")
    # Some servers report `Name <address>`.
    address = raw.rpartition("<")[2].rstrip("> ").strip().lower() if isinstance(raw, str) else ""
    if "@" not in address or not address.isprintable() or len(address) > 320:
        raise InvalidEvent(["emailAddress of a recipient must be a mail address"])
    return address


def _unwrapped(record: Any, path: str) -> Mapping[str, Any]:
    sns = _mapping(_mapping(record, path).get("Sns"), f"{path}.Sns")
    try:
        return _mapping(json.loads(sns["Message"]), f"{path}.Sns.Message")
    except (KeyError, TypeError, ValueError):
        raise InvalidEvent([f"{path}.Sns.Message must be the JSON text of a report of SES"]) from None


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidEvent([f"{path} must be a JSON object"])
    return value


def _write(found: list[Suppression]) -> int:
    rows = [{"address": each.address, "reason": each.reason, "detail": storable(each.detail)} for each in found]
    return int(platform().database.write(queries("notifications")["suppress"], rows=rows)[0]["added"])

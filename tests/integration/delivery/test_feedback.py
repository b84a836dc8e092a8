"""Bounces and complaints, as SNS and EventBridge bring them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nightshift.errors import InvalidEvent
from notifications.feedback import handler, reports, suppressions
from tests.integration.delivery.conftest import Store


def bounce(kind: str = "Permanent", *addresses: str, **more: Any) -> dict[str, Any]:
    recipients = [{"emailAddress": each, **more} for each in addresses or ("ada@example.com",)]
    return {"eventType": "Bounce", "bounce": {"bounceType": kind, "bouncedRecipients": recipients}, "mail": {}}


def complaint(kind: str | None = "abuse") -> dict[str, Any]:
    said = {"complainedRecipients": [{"emailAddress": "ada@example.com"}], "complaintFeedbackType": kind}
    return {"eventType": "Complaint", "complaint": said}


def by_sns(*found: Any) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": json.dumps(each)}} for each in found]}


def by_event_bridge(report: Any) -> dict[str, Any]:
    return {"version": "0", "source": "aws.ses", "detail-type": "Email Bounced", "detail": report}


@pytest.mark.usefixtures("aws", "postgres_url")
class TestSuppressions:
    @pytest.mark.parametrize("carried", [by_sns, by_event_bridge])
    @pytest.mark.parametrize(("report", "reason"), [(bounce(), "bounce"), (complaint(), "complaint")])
    def test_a_permanent_bounce_and_a_complaint_end_an_address(
        self, store: Store, carried: Any, report: Any, reason: str
    ) -> None:
        assert handler(carried(report), None)["suppressed"] == 1
        assert store.run("SELECT address, reason FROM mail_suppressions") == [["ada@example.com", reason]]

    def test_the_older_notifications_are_read_too(self) -> None:
        report = bounce()
        report["notificationType"] = report.pop("eventType")

        assert handler(by_sns(report), None)["suppressed"] == 1

    @pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
    def test_what_passes_ends_nothing(self, store: Store, kind: str) -> None:
        assert handler(by_sns(bounce(kind)), None)["suppressed"] == 0
        assert store.one("SELECT count(*) FROM mail_suppressions") == 0

    def test_taken_out_of_the_spam_folder_is_no_complaint(self) -> None:
        assert handler(by_sns(complaint("not-spam")), None)["suppressed"] == 0

    @pytest.mark.parametrize("kind", ["Delivery", "Send", "Open", "AmazonSnsSubscriptionSucceeded", "New"])
    def test_other_reports_change_nothing(self, kind: str) -> None:
        assert handler(by_event_bridge({"eventType": kind}), None) == {"suppressed": 0, "bounces": 0, "complaints": 0}

    def test_the_same_report_again_changes_nothing(self, store: Store) -> None:
        handler(by_sns(bounce()), None)

        assert handler(by_sns(complaint()), None)["suppressed"] == 0
        assert store.run("SELECT address, reason FROM mail_suppressions") == [["ada@example.com", "bounce"]]

    def test_one_address_twice_in_one_event(self) -> None:
        assert handler(by_sns(bounce(), bounce("Permanent", "ADA@Example.com", "ben@example.com")), None) == {
            "suppressed": 2, "bounces": 3, "complaints": 0
        }  # fmt: skip

    def test_what_a_server_said_is_kept_and_harmless(self, store: Store) -> None:
        handler(
            by_sns(bounce("Permanent", "ada@example.com", diagnosticCode="550\x00 5.1.1 ' unknown " + "x" * 900)), None
        )

        detail = store.one("SELECT detail FROM mail_suppressions")
        assert detail.startswith("550\ufffd 5.1.1 ' unknown")
        assert len(detail) <= 300

    def test_no_address_is_logged(self, capsys: pytest.CaptureFixture[str]) -> None:
        handler(by_sns(bounce()), None)

        assert "ada@" not in capsys.readouterr().out


def test_an_address_with_a_name_is_read() -> None:
    found = list(suppressions(bounce("Permanent", "Ada Quist <Ada@Example.com>")))

    assert [each.address for each in found] == ["ada@example.com"]


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"Records": []},
        {"Records": "x"},
        {"Records": [{}]},
        {"Records": [{"Sns": {"Message": "not json"}}]},
        {"Records": [{"Sns": {"Message": "[]"}}]},
        {"Records": [{"Sns": {"Message": 5}}]},
        {"source": "aws.s3", "detail": {}},
        {"source": "aws.ses"},
        by_event_bridge({}),
        by_event_bridge({"eventType": "Bounce"}),
        by_event_bridge({"eventType": "Bounce", "bounce": {"bounceType": "Odd", "bouncedRecipients": [{}]}}),
        by_event_bridge(bounce("Permanent", "no address")),
        by_event_bridge({"eventType": "Bounce", "bounce": {"bounceType": "Permanent", "bouncedRecipients": []}}),
        by_event_bridge({"eventType": "Complaint", "complaint": {"complainedRecipients": ["ada@example.com"]}}),
    ],
)
def test_a_malformed_event_is_refused_with_what_would_be_right(event: Any) -> None:
    with pytest.raises(InvalidEvent) as caught:
        handler(event, None)

    assert "must" in str(caught.value)


def test_each_record_is_a_report() -> None:
    assert len(reports(by_sns(bounce(), complaint()))) == 2

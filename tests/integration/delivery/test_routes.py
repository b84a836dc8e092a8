"""The routes of notifications, through the door: unsubscribing by link, reading in the shop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from api.door import Door
from api.incoming import Incoming
from api.settings import load_settings
from nightshift.delivery.unsubscribe import Subscription, token
from nightshift.platform import Platform, platform
from notifications import routes
from tests.integration.delivery.conftest import SECRET, Store
from tests.support import door as support
from tests.support.aws import Aws
from tests.support.door import AS_ADMIN, AS_JOB, AS_READER, event
from tests.support.ses import Ses

JOBS = json.dumps({"deliver-notifications": {"function": "deliver", "schedule": "rate(5 minutes)"}})
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.text)


Call = Callable[..., Answer]


@pytest.fixture
def call(aws: Aws, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    monkeypatch.setenv("JOBS", JOBS)
    monkeypatch.setenv("SHOP_NAME", "Lumen & Daughters")
    monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", aws.create_secret("links", SECRET))
    for name in ("JOB", "ADMIN", "READ"):
        reference = aws.create_secret(name.lower(), getattr(support, f"{name}_SECRET"))
        monkeypatch.setenv(f"{name}_SECRET_REF", reference)
    base: Platform = platform()

    def send(method: str, path: str, headers: Any = None, **sent: Any) -> Answer:
        door = Door(base, load_settings(os.environ), (routes,))
        answered = door.answer(Incoming.read(event(method, path, headers, **sent), "x"), 30.0)
        return Answer(answered["statusCode"], answered["headers"], answered["body"])

    return send


def link(person: int, name: str = "all", secret: str = SECRET) -> str:
    return f"/u/{token(Subscription(person, name), secret)}"


def ended(store: Store) -> list[Any]:
    return list(store.run("SELECT user_id, list FROM mail_unsubscriptions ORDER BY 1, 2"))


class TestUnsubscribing:
    def test_to_look_at_the_page_changes_nothing(self, store: Store, call: Call) -> None:
        answer = call("GET", link(store.person()))

        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert '<form method="post">' in answer.text
        assert "Lumen &amp; Daughters" in answer.text
        assert ended(store) == []

    def test_one_click_ends_it_as_often_as_it_comes(self, store: Store, call: Call) -> None:
        person = store.person()
        for _ in range(2):
            answer = call("POST", link(person), FORM, body="List-Unsubscribe=One-Click")
            assert answer.status == 200
            assert "You are unsubscribed" in answer.text
        assert ended(store) == [[person, "all"]]

    @pytest.mark.parametrize(
        ("headers", "body"),
        [
            (FORM, ""),
            ({}, None),
            ({"Content-Type": 'multipart/form-data; boundary="x"'}, "--x\r\n\r\nList-Unsubscribe=One-Click\r\n--x--"),
            ({"Content-Type": "application/json"}, "[]"),
        ],
    )
    def test_every_way_of_posting_does(self, store: Store, call: Call, headers: Any, body: Any) -> None:
        assert call("POST", link(store.person()), headers, body=body).status == 200
        assert len(ended(store)) == 1

    def test_one_list_alone(self, store: Store, call: Call) -> None:
        person = store.person()

        assert "price alerts" in call("POST", link(person, "price")).text
        assert ended(store) == [[person, "price"]]

    def test_the_link_of_a_person_who_is_gone_is_answered_the_same(self, store: Store, call: Call) -> None:
        person = store.person()
        known = call("POST", link(person))
        unknown = call("POST", link(person + 999))

        assert (known.status, known.text) == (unknown.status, unknown.text)
        assert len(ended(store)) == 1

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_forged_links_end_nothing_and_learn_nothing(self, store: Store, call: Call, method: str) -> None:
        person = store.person()
        good = link(person)
        forged = [
            good[:-1] + ("A" if good[-1] != "A" else "B"), good.replace(".all.", ".price."), f"/u/{person}.all.x",
            link(person, secret="another secret that is long enough"), "/u/x", "/u/%F0%9F%98%80", "/u/" + "x" * 900,
        ]  # fmt: skip
        answers = [call(method, path) for path in forged]

        assert {answer.status for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
        assert ended(store) == []

    def test_the_page_runs_nothing_and_leaks_nothing(self, store: Store, call: Call) -> None:
        answer = call("GET", link(store.person()))

        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "style-src 'sha256-" in policy
        assert "form-action 'self'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "script" not in answer.text

    def test_without_a_secret_it_is_closed(self, store: Store, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", "")

        assert call("POST", link(store.person())).status == 503
        assert ended(store) == []

    def test_the_link_in_a_mail_is_one_that_works(
        self, store: Store, call: Call, ses: Ses, deliver: Callable[[], Any]
    ) -> None:
        store.tell()
        deliver()
        address = str(ses.mails[0].message["List-Unsubscribe"]).strip("<>")

        assert call("POST", address.removeprefix("https://door.example"), FORM, body="x=1").status == 200
        store.tell()
        assert deliver()["metadata"] == {"suppressed": 1}


class TestReading:
    def test_pages_go_through_all_without_a_gap_or_a_double(self, store: Store, call: Call) -> None:
        ids = store.tell("ada", 7)
        store.tell("ben", 2)
        person, seen, cursor = store.person("ada"), [], None
        while True:
            query = {"userId": person, "limit": 3, **({"cursor": cursor} if cursor else {})}
            body = call("GET", "/api/notifications", AS_READER, query=query).json
            seen += [one["id"] for one in body["notifications"]]
            cursor = body["nextCursor"]
            if cursor is None:
                break

        assert seen == sorted(ids, reverse=True)

    def test_one_says_what_it_is_about(self, store: Store, call: Call) -> None:
        person, product = store.person(), store.product()
        store.notify(person, product)
        (one,) = call("GET", "/api/notifications", AS_READER, query={"userId": person}).json["notifications"]

        assert one["kind"] == "price_drop"
        assert one["product"]["name"] == "Larch Desk Lamp"
        assert one["details"] == {"old_price": "89.00", "price": "74.00", "currency": "EUR"}
        assert (one["variant"], one["readAt"]) == (None, None)
        assert one["createdAt"].endswith("Z")

    def test_what_was_not_mailed_is_readable(self, store: Store, call: Call) -> None:
        store.tell()
        store.run("UPDATE notifications SET status = 'suppressed', reason = 'unsubscribed'")
        person = store.person()

        assert len(call("GET", "/api/notifications", AS_READER, query={"userId": person}).json["notifications"]) == 1

    def test_marking_as_read_is_done_once(self, store: Store, call: Call) -> None:
        first, second = store.tell("ada", 2)
        answers = [call("POST", f"/api/notifications/{first}/read", AS_JOB) for _ in range(2)]
        query = {"userId": store.person(), "unread": "true"}
        unread = call("GET", "/api/notifications", AS_READER, query=query).json["notifications"]

        assert [answer.status for answer in answers] == [200, 200]
        assert answers[0].text == answers[1].text
        assert [one["id"] for one in unread] == [second]

    def test_only_its_owner_may_be_named(self, store: Store, call: Call) -> None:
        (one,) = store.tell("ada")
        other = store.person("ben")

        assert call("POST", f"/api/notifications/{one}/read", AS_ADMIN, body={"userId": other}).status == 404
        assert call("POST", f"/api/notifications/{one + 99}/read", AS_ADMIN).status == 404
        assert store.one("SELECT count(*) FROM notifications WHERE read_at IS NOT NULL") == 0

    @pytest.mark.parametrize(
        ("query", "headers", "status"),
        [
            ({}, AS_READER, 422),
            ({"userId": "x"}, AS_READER, 422),
            ({"userId": 1, "limit": 201}, AS_READER, 422),
            ({"userId": 1, "cursor": "x"}, AS_READER, 422),
            ({"userId": 1}, {}, 401),
        ],
    )
    def test_what_is_wrong_is_refused(self, call: Call, query: Any, headers: Any, status: int) -> None:
        assert call("GET", "/api/notifications", headers, query=query).status == status

    def test_a_reader_may_not_mark(self, store: Store, call: Call) -> None:
        (one,) = store.tell()

        assert call("POST", f"/api/notifications/{one}/read", AS_READER).status == 401


def test_the_plan_of_a_page_is_an_index(store: Store, postgres: Any) -> None:
    from nightshift.sql import queries, render

    store.run(
        "INSERT INTO users (email) SELECT 'u' || n || '@example.com' FROM generate_series(1, 200) AS n;"
        "INSERT INTO notifications (event_key, user_id, kind)"
        " SELECT 'k' || n, 1 + n % 200, 'sale' FROM generate_series(1, 20000) AS n; ANALYZE notifications"
    )
    statement = render(queries("notifications")["page"], {"user_id": 7, "before": 15_000, "unread": False, "rows": 20})
    plan = "\n".join(row[0] for row in postgres.run(f"EXPLAIN {statement}"))

    assert "notifications_page" in plan
    assert "Seq Scan on notifications" not in plan

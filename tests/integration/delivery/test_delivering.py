"""From the outbox to the mails that went out: real PostgreSQL, real HTTP to an SES that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nightshift.delivery.outbox import Outbox
from nightshift.errors import JobFailed
from tests.integration.delivery.conftest import SETTINGS, Store
from tests.support.ses import Ses

Deliver = Callable[[], dict[str, Any]]


def test_an_empty_outbox_sends_nothing(store: Store, ses: Ses, deliver: Deliver) -> None:
    result = deliver()

    assert (result["status"], result["processed"], result["metadata"]) == ("succeeded", 0, {})
    assert ses.asked == 0


def test_several_notifications_become_one_digest_a_person(store: Store, ses: Ses, deliver: Deliver) -> None:
    store.tell("ada", 3)
    store.tell("ben", 1)

    result = deliver()

    assert sorted(ses.addressees) == ["ada@example.com", "ben@example.com"]
    assert (result["processed"], result["failed"]) == (4, 0)
    assert result["metadata"] == {"sent_mails": 2, "notified": 4}
    assert set(store.statuses) == {"sent"}
    assert store.one("SELECT count(*) FROM notifications WHERE sent_at IS NOT NULL") == 4
    assert store.one("SELECT count(*) FROM mails WHERE state = 'sent' AND message_id IS NOT NULL") == 2


def test_the_second_run_sends_nothing(store: Store, ses: Ses, deliver: Deliver) -> None:
    store.tell()
    deliver()

    assert deliver()["metadata"] == {}
    assert len(ses.mails) == 1


def test_the_mail_is_what_ses_and_its_reader_need(store: Store, ses: Ses, deliver: Deliver) -> None:
    store.notify(store.person("chiara", "de-DE"), store.product("Larch <b>Lamp</b>"))
    deliver()

    mail = ses.mails[0]
    message = mail.message
    assert str(message["From"]) == "Lumen & Daughters <news@shop.example>"
    assert str(message["To"]) == "chiara@example.com"
    assert mail.subject == "Larch <b>Lamp</b> is now 74,00 €, was 89,00 €"
    assert str(message["List-Unsubscribe"]).startswith("<https://door.example/u/")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["X-Nightshift-Mail"] == mail.tags["mail"] == str(store.one("SELECT id FROM mails"))
    assert mail.tags["kinds"] == "price_drop"
    assert mail.configuration_set == "the-set"
    assert "Larch &lt;b&gt;Lamp&lt;/b&gt;" in mail.part("html")
    assert "<b>Lamp" not in mail.part("html")
    assert "Larch <b>Lamp</b>" in mail.part("plain")
    assert max(len(line) for line in mail.content.split(b"\r\n")) <= 998


class TestCheckedAgain:
    def test_a_price_that_rose_again_is_not_told(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        product = store.product()
        store.notify(store.person(), product)
        store.run(f"UPDATE products SET price = 80 WHERE id = {product}")

        assert deliver()["metadata"] == {"suppressed": 1}
        assert ses.asked == 0
        assert store.run("SELECT status, reason FROM notifications") == [["suppressed", "not_true_any_more"]]
        assert store.states == ["empty"]

    def test_a_price_that_fell_further_is_told(self, store: Store, deliver: Deliver) -> None:
        product = store.product()
        store.notify(store.person(), product)
        store.run(f"UPDATE products SET price = 60 WHERE id = {product}")

        assert deliver()["processed"] == 1

    def test_a_price_in_another_currency_is_not_compared(self, store: Store, deliver: Deliver) -> None:
        product = store.product()
        store.notify(store.person(), product)
        store.run(f"UPDATE products SET price = 10, currency = 'USD' WHERE id = {product}")

        assert deliver()["metadata"] == {"suppressed": 1}

    @pytest.mark.parametrize("stock", ["out_of_stock", "unknown", "preorder"])
    def test_what_is_gone_again_is_not_told(self, store: Store, deliver: Deliver, stock: str) -> None:
        store.notify(store.person(), store.product(stock=stock), "back_in_stock")

        assert deliver()["metadata"] == {"suppressed": 1}

    @pytest.mark.parametrize(
        "change",
        [
            "DELETE FROM tracked_items",
            "UPDATE tracked_items SET notify_price_drop = false",
            "INSERT INTO mail_unsubscriptions (user_id, list) SELECT id, 'all' FROM users",
            "INSERT INTO mail_unsubscriptions (user_id, list) SELECT id, 'price' FROM users",
            "INSERT INTO mail_suppressions (address, reason) VALUES ('ada@example.com', 'bounce')",
        ],
    )
    def test_who_does_not_want_it_gets_nothing(self, store: Store, ses: Ses, deliver: Deliver, change: str) -> None:
        store.tell()
        store.run(change)

        assert deliver()["metadata"] == {"suppressed": 1}
        assert ses.asked == 0

    def test_one_list_may_end_while_the_other_goes_on(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        person, product = store.person(), store.product()
        store.notify(person, product)
        store.notify(person, product, "back_in_stock")
        store.run("INSERT INTO mail_unsubscriptions (user_id, list) SELECT id, 'price' FROM users")

        assert deliver()["metadata"] == {"sent_mails": 1, "notified": 1, "suppressed": 1}
        assert "is back in stock" in ses.mails[0].subject

    def test_an_address_in_capitals_is_suppressed_all_the_same(self, store: Store, deliver: Deliver) -> None:
        store.tell()
        store.run("UPDATE users SET email = 'ADA@Example.com'")
        store.run("INSERT INTO mail_suppressions (address, reason) VALUES ('ada@example.com', 'complaint')")

        assert deliver()["metadata"] == {"suppressed": 1}

    def test_a_variant_that_vanished_is_not_told(self, store: Store, deliver: Deliver) -> None:
        person, product = store.person(), store.product()
        variant = store.one(
            "INSERT INTO variants (product_id, position, price, currency, availability, vanished_at)"
            f" VALUES ({product}, 1, 74, 'EUR', 'in_stock', now()) RETURNING id"
        )
        store.notify(person, product, "back_in_stock")
        store.run(f"UPDATE notifications SET variant_id = {variant}; UPDATE tracked_items SET variant_id = {variant}")

        assert deliver()["metadata"] == {"suppressed": 1}

    def test_a_kind_whose_truth_nobody_knows_is_not_told(self, store: Store, deliver: Deliver) -> None:
        store.run("CREATE OR REPLACE FUNCTION notifications_still_true(ids bigint[]) RETURNS SETOF bigint"
                  " LANGUAGE sql STABLE AS 'SELECT NULL::bigint WHERE false'")  # fmt: skip
        store.notify(store.person(), store.product(), "sale", price="1", currency="EUR")

        assert deliver()["metadata"] == {"suppressed": 1}


class TestDailyCap:
    def test_what_is_over_the_cap_waits_for_the_next_day(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        for _ in range(3):
            store.tell()
            deliver()
        store.tell("ada", 2)

        over = deliver()

        assert (len(ses.mails), over["metadata"]) == (3, {"left": 2})
        store.run("UPDATE mails SET day = day - 1")
        assert deliver()["metadata"] == {"sent_mails": 1, "notified": 2}

    def test_it_is_asked_again_right_before_the_mail(
        self, store: Store, ses: Ses, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.tell()
        begin = Outbox.begin

        def begin_late(outbox: Outbox, mail_id: str) -> Any:
            store.run(
                "INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until, day)"
                " SELECT id, 'sent', gen_random_uuid(), 'wishlist:sale-check', 1, now(),"
                " (now() AT TIME ZONE 'Europe/Berlin')::date FROM users, generate_series(1, 3)"
            )
            return begin(outbox, mail_id)

        monkeypatch.setattr(Outbox, "begin", begin_late)

        assert deliver()["metadata"] == {"left": 1}
        assert (ses.asked, store.statuses) == (0, ["pending"])

    def test_it_is_counted_by_person(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        for _ in range(4):
            store.tell("ada")
            deliver()
        store.tell("ben")
        deliver()

        assert ses.addressees == ["ada@example.com"] * 3 + ["ben@example.com"]

    def test_the_day_is_that_of_the_shop(self, store: Store, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
        days = set()
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart: never the same day
            monkeypatch.setenv("WISHLIST_TIMEZONE", zone)
            store.tell(zone[-4:].lower())
            deliver()
            days.add(store.one("SELECT max(day) FROM mails WHERE begun_at = (SELECT max(begun_at) FROM mails)"))

        assert len(days) == 2


class TestTroubleWithOthers:
    def test_a_person_whom_another_run_has_claimed_is_left_alone(
        self, store: Store, ses: Ses, deliver: Deliver
    ) -> None:
        store.tell("ada")
        store.tell("ben")
        store.run(
            "INSERT INTO mails (user_id, state, run_id, lock, fence, claimed_until)"
            " SELECT id, 'claimed', gen_random_uuid(), 'wishlist:sale-check', 7, now() + interval '5 minutes'"
            " FROM users WHERE name = 'Ada'"
        )

        assert deliver()["metadata"] == {"sent_mails": 1, "notified": 1, "left": 1}
        assert ses.addressees == ["ben@example.com"]

    def test_a_newer_holder_stops_it_before_the_next_mail(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        store.tell("ada")
        store.tell("ben")
        ses.answers = [lambda _mail: store.run("UPDATE job_fence SET fence = fence + 1, holder = 'newer'") and None]

        assert deliver()["reason"] == "superseded"
        assert len(ses.mails) == 1

    def test_without_settings_nothing_is_claimed(
        self, store: Store, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.tell()
        for name in (*SETTINGS, "UNSUBSCRIBE_SECRET_REF"):
            monkeypatch.delenv(name)

        with pytest.raises(JobFailed, match=r"MAIL_FROM.*SHOP_NAME.*SHOP_URL.*PUBLIC_URL.*UNSUBSCRIBE_SECRET_REF"):
            deliver()
        assert store.statuses == ["pending"]

    def test_a_short_unsubscribe_secret_is_none(
        self, deliver: Deliver, aws: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UNSUBSCRIBE_SECRET_REF", aws.create_secret("short", "only short"))

        with pytest.raises(JobFailed, match="at least 32 characters"):
            deliver()


class TestLargeOnes:
    def test_a_digest_shows_fifty_and_counts_the_rest(self, store: Store, ses: Ses, deliver: Deliver) -> None:
        store.tell("ada", 63)

        assert deliver()["metadata"] == {"sent_mails": 1, "notified": 63}
        mail = ses.mails[0]
        assert mail.part("plain").count("\n* ") == 50
        assert "and 13 more" in mail.part("plain")
        assert "and 13 more" in mail.part("html")
        assert len(mail.part("html").encode()) < 100_000

    def test_more_people_than_one_claim_takes(
        self, store: Store, ses: Ses, deliver: Deliver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("nightshift.delivery.outbox.CLAIM_ROWS", 4)
        for number in range(11):
            store.tell(f"p{number}", 1 + number % 2)

        assert deliver()["metadata"] == {"sent_mails": 11, "notified": 16}
        assert len(set(ses.addressees)) == 11

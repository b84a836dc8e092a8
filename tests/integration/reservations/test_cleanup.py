"""The cleanup's work: what it releases, what it leaves, how it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from nightshift.errors import SettingsError
from nightshift.job import Run
from reservations import pace
from reservations.cleanup import _release_busy, release_expired
from tests.integration.reservations.shop import Shop


def metric(run: Run, name: str) -> float:
    return run.metrics[name][1]


class TestWhatHasExpired:
    @pytest.mark.parametrize(
        ("age", "expires_in", "status"),
        [
            ("11 minutes", None, "expired"),
            ("9 minutes", None, "active"),
            ("1 minute", "-1 second", "expired"),
            ("11 minutes", "1 minute", "active"),
            ("1 minute", "1 minute", "active"),
        ],
    )
    def test_its_own_time_wins_where_it_has_one(
        self, shop: Shop, run: Run, age: str, expires_in: str | None, status: str
    ) -> None:
        lamp = shop.stock(5)
        hold = shop.hold(lamp, 2, age=age, expires_in=expires_in)
        gone = status == "expired"
        assert shop.available(lamp) == (5 if gone else 3), "also before the cleanup comes"
        assert release_expired(run).processed == gone
        assert (shop.status(hold), shop.counters(lamp)) == (status, (5, 0 if gone else 2))

    @pytest.mark.parametrize(("minutes", "status"), [("5", "expired"), ("20", "active")])
    def test_the_setting_holds_for_the_view_and_the_checkouts_too(
        self, shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch, minutes: str, status: str
    ) -> None:
        monkeypatch.setenv("RESERVATION_TTL_MINUTES", minutes)
        lamp = shop.stock(1)
        hold = shop.hold(lamp, age="12 minutes" if status == "active" else "8 minutes")
        release_expired(run)
        assert (shop.status(hold), shop.available(lamp)) == (status, int(status == "expired"))
        shop.release(hold)
        lifetime = "SELECT round(extract(epoch FROM expires_at - created_at) / 60)"
        assert shop.one(f"{lifetime} FROM inventory_reservations WHERE id = :id", id=shop.reserve(lamp)) == int(minutes)

    @pytest.mark.parametrize("minutes", ["0", "1441", "soon"])
    def test_a_setting_out_of_bounds_is_named(self, run: Run, monkeypatch: pytest.MonkeyPatch, minutes: str) -> None:
        monkeypatch.setenv("RESERVATION_TTL_MINUTES", minutes)
        with pytest.raises(SettingsError, match="RESERVATION_TTL_MINUTES"):
            release_expired(run)

    def test_what_was_extended_stays(self, shop: Shop, run: Run) -> None:
        hold = shop.hold(shop.stock(1), age="9 minutes 59 seconds")
        shop.extend(hold)
        shop.run("UPDATE inventory_reservations SET created_at = created_at - interval '1 minute'")
        assert release_expired(run).processed == 0
        assert shop.status(hold) == "active"


class TestRunningAgain:
    def test_nothing_to_do(self, run: Run) -> None:
        outcome = release_expired(run)
        assert (outcome.processed, outcome.failed, outcome.unfinished) == (0, 0, None)
        assert metric(run, "ExpiredHolds") == metric(run, "UnreleasableHolds") == 0

    def test_the_second_run_changes_nothing(self, shop: Shop, run: Run) -> None:
        lamp = shop.stock(5)
        sold, kept = shop.reserve(lamp), shop.reserve(lamp)
        shop.complete(sold)
        shop.hold(lamp, 2, expires_in="-1 second")
        assert (release_expired(run).processed, shop.counters(lamp)) == (1, (4, 1))
        before = shop.run("SELECT * FROM inventory_reservations ORDER BY id")
        assert (release_expired(run).processed, shop.counters(lamp)) == (0, (4, 1))
        assert shop.run("SELECT * FROM inventory_reservations ORDER BY id") == before
        assert (shop.status(sold), shop.status(kept)) == ("completed", "active")


def test_what_was_chosen_is_judged_again_when_it_is_released(shop: Shop) -> None:
    """Between the two somebody may have extended, bought or dropped it."""
    lamp = shop.stock(9)
    extended, sold, dropped = (shop.reserve(lamp) for _ in range(3))
    shop.complete(sold)
    shop.release(dropped)
    expired = shop.hold(lamp, expires_in="-1 second")
    release = "release_chosen_reservations(CAST(:chosen AS uuid[]), ARRAY(SELECT id FROM inventory))"
    for released in (1, 0):
        chosen = [str(hold) for hold in (extended, sold, dropped, expired)]
        assert shop.run(f"SELECT released, failed FROM {release}", chosen=chosen) == [[released, 0]]
        assert shop.counters(lamp) == (8, 1)
    assert [shop.status(hold) for hold in (extended, sold, dropped)] == ["active", "completed", "released"]


class TestUnreleasable:
    def test_it_is_reported_and_left_and_the_others_go_on(self, shop: Shop, run: Run) -> None:
        lamp, chair, gone = shop.stock(9), shop.stock(9), shop.stock(9)
        lost = shop.hold(gone, expires_in="-3 seconds")
        shop.run("DELETE FROM products WHERE id = :id", id=gone)
        big = shop.hold(lamp, 4, expires_in="-2 seconds")
        small = [shop.hold(lamp, 1, expires_in="-1 second"), shop.hold(chair, 2, age="1 hour")]
        shop.run("UPDATE inventory SET reserved = 3 WHERE product_id = :id", id=lamp)

        outcome = release_expired(run)

        assert (outcome.processed, outcome.failed) == (2, 2)
        said = sorted(error.partition(": ")[2].split(" stock row")[0] for error in outcome.errors)
        assert said == ["it holds 4, but", "its"]
        assert {UUID(error.split()[1].rstrip(":")) for error in outcome.errors} == {lost, big}
        assert [shop.status(hold) for hold in (lost, big, *small)] == ["active", "active", "expired", "expired"]
        assert (shop.counters(lamp), shop.counters(chair)) == ((9, 2), (9, 0))
        assert (metric(run, "ExpiredHolds"), metric(run, "UnreleasableHolds")) == (4, 2)

    def test_it_is_left_in_peace_for_an_hour_and_then_tried_again(self, shop: Shop, run: Run) -> None:
        lamp = shop.stock(9)
        hold = shop.hold(lamp, 4, expires_in="-2 seconds")
        shop.run("UPDATE inventory SET reserved = 3")
        assert release_expired(run).failed == 1
        again = release_expired(run)
        assert (again.processed, again.failed, metric(run, "UnreleasableHolds")) == (0, 0, 2), "one in each run"
        shop.run("UPDATE inventory_reservations SET retry_at = now()")
        assert release_expired(run).failed == 1
        shop.run("UPDATE inventory SET reserved = 4; UPDATE inventory_reservations SET retry_at = now()")
        assert release_expired(run).processed == 1
        assert (shop.status(hold), shop.counters(lamp)) == ("expired", (9, 0))
        assert shop.run("SELECT problem, retry_at FROM inventory_reservations") == [[None, None]]

    def test_many_at_the_head_keep_nobody_waiting(self, shop: Shop, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pace, "START", 10)
        monkeypatch.setattr(pace, "MOST", 10)
        shop.run(
            "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, expires_at)"
            " SELECT -1, 'cart', 1, now() - interval '1 day' FROM generate_series(1, 35)"
        )
        hold = shop.hold(shop.stock(1), expires_in="-1 second")
        outcome = release_expired(run)
        assert (outcome.processed, outcome.failed, len(outcome.errors)) == (1, 35, 10)
        assert shop.status(hold) == "expired"


class TestBusyRows:
    def test_a_hold_that_somebody_works_on_is_passed_over(
        self, shop: Shop, run: Run, connect: Callable[[], Any]
    ) -> None:
        lamp = shop.stock(5)
        held, other = shop.hold(lamp, expires_in="-2 seconds"), shop.hold(lamp, expires_in="-1 second")
        with connect() as somebody:
            somebody.run("BEGIN")
            somebody.run("SELECT 1 FROM inventory_reservations WHERE id = :id FOR UPDATE", id=held)
            assert release_expired(run).processed == 1
            somebody.run("ROLLBACK")
        assert (shop.status(held), shop.status(other)) == ("active", "expired")
        assert release_expired(run).processed == 1

    def test_a_stock_row_that_stays_busy_is_left_and_the_others_go_on(
        self, shop: Shop, run: Run, connect: Callable[[], Any]
    ) -> None:
        lamp, chair = shop.stock(5), shop.stock(5)
        of_lamp, of_chair = shop.hold(lamp, expires_in="-2 seconds"), shop.hold(chair, expires_in="-1 second")
        with connect() as somebody:
            somebody.run("BEGIN")
            somebody.run("SELECT 1 FROM inventory WHERE product_id = :id FOR UPDATE", id=lamp)
            outcome = release_expired(run)
            somebody.run("ROLLBACK")
        assert (outcome.processed, outcome.failed, outcome.metadata["busyStockRows"]) == (1, 0, 1)
        assert (shop.status(of_lamp), shop.status(of_chair)) == ("active", "expired")
        assert release_expired(run).processed == 1

    def test_a_stock_row_that_was_busy_has_its_turn_at_the_end(
        self, shop: Shop, run: Run, connect: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pace, "START", 2)
        monkeypatch.setattr(pace, "MOST", 2)
        # A run that came back to the head of the queue would find the same busy holds there for ever.
        checkpoints = iter(range(10))
        monkeypatch.setattr(Run, "checkpoint", lambda _run: next(checkpoints))
        lamp = shop.stock(5)
        for _ in range(5):
            shop.hold(lamp, expires_in="-1 second")
        with connect() as somebody:
            somebody.run("BEGIN")
            somebody.run("SELECT 1 FROM inventory FOR UPDATE")

            def release_busy(run: Run, tally: Any) -> bool:
                assert (tally.released, len(tally.busy)) == (0, 1)
                somebody.run("ROLLBACK")
                return _release_busy(run, tally)

            monkeypatch.setattr("reservations.cleanup._release_busy", release_busy)
            outcome = release_expired(run)
        assert (outcome.processed, outcome.metadata["busyStockRows"], shop.counters(lamp)) == (5, 0, (5, 0))


def test_a_large_number_goes_in_many_short_transactions(shop: Shop, run: Run) -> None:
    many = 20_000
    shop.run("INSERT INTO products (url) SELECT 'http://shop.example/' || n FROM generate_series(1, 50) AS n")
    shop.run(f"INSERT INTO inventory (product_id, quantity, reserved) SELECT id, 10000, {many // 50} FROM products")
    shop.run(
        "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, created_at, expires_at)"
        " SELECT i.id, 'cart', 1, now() - interval '1 hour', CASE WHEN n % 2 = 0 THEN now() - interval '1 second' END"
        f" FROM inventory AS i, generate_series(1, {many // 50}) AS n"
    )
    outcome = release_expired(run)
    assert (outcome.processed, outcome.failed, outcome.unfinished) == (many, 0, None)
    assert outcome.metadata["batches"] >= many / pace.MOST
    assert shop.one("SELECT max(reserved) FROM inventory") == 0
    # As many transactions as batches: none took more than one batch at a time.
    transactions = shop.one("SELECT count(DISTINCT xmin::text) FROM inventory_reservations")
    assert outcome.metadata["batches"] - 3 <= transactions <= outcome.metadata["batches"]


def test_a_vacuum_while_nothing_was_held_misleads_nobody(shop: Shop, run: Run) -> None:
    holds = (
        "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, expires_at)"
        " SELECT i.id, 'cart', 1, now() - interval '1 second' FROM inventory AS i, generate_series(1, 4000)"
    )
    shop.run("INSERT INTO products (url) VALUES ('http://shop.example/lamp')")
    shop.run("INSERT INTO inventory (product_id, quantity, reserved) SELECT id, 10000, 4000 FROM products")
    shop.run(holds)
    shop.run("DELETE FROM inventory_reservations")
    # The pages stay, and the planner takes them for empty until somebody looks again.
    shop.run("VACUUM (TRUNCATE false) inventory_reservations")
    shop.run(holds)
    plans = shop.plans(
        "SELECT * FROM release_expired_reservations('own', '-infinity', '00000000-0000-0000-0000-000000000000', 500)"
    )

    # Nothing is looked at once for each of the five hundred, but by its key.
    assert any("CTE ended" in plan for plan in plans)
    read = [int(rows) for plan in plans for rows in re.findall(r"Rows Removed by (?:Join )?Filter: (\d+)", plan)]
    assert max(read, default=0) <= 4000
    assert release_expired(run).processed == 3500


def test_a_batch_that_takes_too_long_is_undone_and_a_smaller_one_follows(shop: Shop, run: Run) -> None:
    shop.run(
        "INSERT INTO inventory_reservations (inventory_id, cart_id, quantity, expires_at)"
        " SELECT -1, 'cart', 1, now() - interval '1 second' FROM generate_series(1, 700)"
    )
    shop.run("""
        CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (SELECT count(*) FROM changed) > 500 THEN PERFORM pg_sleep(30); END IF;
            RETURN NULL;
        END $$
    """)
    shop.run(
        "CREATE TRIGGER stall AFTER UPDATE ON inventory_reservations REFERENCING NEW TABLE AS changed"
        " FOR EACH STATEMENT EXECUTE FUNCTION stall()"
    )
    try:
        outcome = release_expired(run)
    finally:
        shop.run("DROP FUNCTION stall CASCADE")
    assert (outcome.failed, outcome.unfinished) == (700, None)


def test_it_finds_what_has_expired_by_the_index_alone(shop: Shop) -> None:
    # As the function has them.
    shop.run("SET enable_seqscan = off")
    shop.run("SET enable_sort = off")
    plan = shop.run("""
        EXPLAIN SELECT id, inventory_id, queued_at FROM inventory_reservations
        WHERE status = 'active' AND queue = 'own' AND queued_at <= now()
          AND (queued_at, id) > (now() - interval '1 day', gen_random_uuid())
        ORDER BY queue, queued_at, id LIMIT 1000
    """)
    shop.run("RESET ALL")
    text = "\n".join(row[0] for row in plan)
    assert "Index Only Scan using inventory_reservations_queue" in text
    assert "Sort" not in text

"""Who may call what, as a table; and that a door without a secret is closed."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from nightshift.routes import Guard
from tests.support import door as support
from tests.support.door import Caller
from tests.unit.api.conftest import Store

SHOWN = {
    "nothing": {},
    "job": {"X-Job-Secret": support.JOB_SECRET},
    "job, by header in lower case": {"x-job-secret": support.JOB_SECRET},
    "admin": {"Authorization": f"Bearer {support.ADMIN_SECRET}"},
    "admin, scheme in lower case": {"authorization": f"bearer  {support.ADMIN_SECRET}"},
    "admin, as Basic": {"Authorization": f"Basic {support.ADMIN_SECRET}"},
    "admin, in the job's header": {"X-Job-Secret": support.ADMIN_SECRET},
    "job, as Bearer": {"Authorization": f"Bearer {support.JOB_SECRET}"},
    "read": {"X-Read-Secret": support.READ_SECRET},
    "read, as Bearer": {"Authorization": f"Bearer {support.READ_SECRET}"},
    "warmup": {"X-Warmup-Secret": support.WARMUP_SECRET},
    "webhook": {"X-Webhook-Secret": support.WEBHOOK_SECRET},
    "a wrong one": {"X-Job-Secret": support.JOB_SECRET + "!"},
    "the beginning of one": {"X-Job-Secret": support.JOB_SECRET[:-1]},
    "one twice": {"X-Job-Secret": f"{support.JOB_SECRET},{support.JOB_SECRET}"},
    "an empty one": {"X-Job-Secret": ""},
    "a right one beside a wrong one": {"X-Warmup-Secret": "wrong", "X-Job-Secret": support.JOB_SECRET},
}
_ALWAYS = {"job", "job, by header in lower case", "a right one beside a wrong one"}
_ADMIN = {"admin", "admin, scheme in lower case"}
_READ = {"read", "read, as Bearer"}
OPENED_BY = {
    ("GET", Guard.JOB): _ALWAYS | _READ,
    ("POST", Guard.JOB): _ALWAYS,
    ("GET", Guard.ADMIN): _ALWAYS | _ADMIN | _READ,
    ("POST", Guard.ADMIN): _ALWAYS | _ADMIN,
    ("GET", Guard.READ): _ALWAYS | _ADMIN | _READ,
    ("POST", Guard.READ): _ALWAYS | _ADMIN,
    ("GET", Guard.WARMUP): _ALWAYS | _READ | {"warmup"},
    ("POST", Guard.WARMUP): _ALWAYS | {"warmup"},
    ("GET", Guard.WEBHOOK): _ALWAYS | _READ | {"webhook"},
    ("POST", Guard.WEBHOOK): _ALWAYS | {"webhook"},
}


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize(("method", "guard"), OPENED_BY)
def test_a_guard_opens_for_its_secrets_and_for_nothing_else(
    call: Caller, method: str, guard: Guard, shown: str
) -> None:
    answer = call(method, f"/test/{guard}", SHOWN[shown])

    assert answer.status == (200 if shown in OPENED_BY[method, guard] else 401)


def test_every_guard_of_the_library_is_in_the_table() -> None:
    assert {guard for _, guard in OPENED_BY} == set(Guard) - {Guard.OPEN}


def test_an_open_route_asks_for_nothing(make_caller: Callable[..., Caller]) -> None:
    call = make_caller(without=("job", "admin", "read", "warmup", "webhook"))

    assert call("GET", "/test/open").status == 200
    assert call("GET", "/healthz").body == {"status": "ok"}


def test_the_webhook_takes_its_secret_in_the_body_and_no_route_sees_it(call: Caller) -> None:
    assert call("POST", "/test/webhook", body={"secret": support.WEBHOOK_SECRET}).body["body"] == {}
    assert call("POST", "/test/webhook", body={"secret": "wrong"}).status == 401
    assert call("POST", "/test/job", body={"secret": support.JOB_SECRET}).status == 401


@pytest.mark.parametrize("body", ['{"secret"', "[]", '{"secret": 5}', '{"secret": ["a"]}', "\ud800", "[" * 50_000])
def test_a_body_that_cannot_be_read_tells_a_stranger_nothing(call: Caller, body: str) -> None:
    answer = call("POST", "/test/webhook", {"Content-Type": "application/json"}, body=body)

    assert answer.status == 401
    assert "errors" not in answer.body


@pytest.mark.parametrize("guard", [guard for guard in Guard if guard is not Guard.OPEN])
@pytest.mark.parametrize("headers", [{}, {"X-Job-Secret": ""}, {"X-Job-Secret": "x"}, {"Authorization": "Bearer x"}])
def test_without_any_secret_a_route_is_closed_and_says_so(
    make_caller: Callable[..., Caller], guard: Guard, headers: dict[str, str]
) -> None:
    call = make_caller(without=("job", "admin", "read", "warmup", "webhook"))

    answer = call("POST", f"/test/{guard}", headers)

    assert answer.status == 503
    assert answer.body["type"].endswith("no-secret-configured")
    assert "JOB_SECRET_REF" in answer.body["detail"]


def test_a_way_in_whose_own_secret_is_missing_says_so(make_caller: Callable[..., Caller]) -> None:
    call = make_caller(without=("warmup",))

    answer = call("POST", "/test/warmup", {"X-Warmup-Secret": "anything"})

    assert answer.status == 503
    assert "WARMUP_SECRET_REF" in answer.body["detail"]
    assert call("POST", "/test/warmup", support.AS_JOB).status == 200
    assert call("POST", "/test/warmup").status == 401


def test_an_empty_value_in_the_store_opens_nothing(call: Caller, store: Store) -> None:
    store.values["job"] = [""]

    assert call("POST", "/test/job", {"X-Job-Secret": ""}).status == 401
    assert call("POST", "/test/job", {"X-Job-Secret": "x"}).status == 503


def test_the_previous_value_still_opens_and_the_one_before_does_not(call: Caller, store: Store) -> None:
    store.values["job"] = ["the oldest", "the previous", "the current"]

    assert call("POST", "/test/job", {"X-Job-Secret": "the current"}).status == 200
    assert call("POST", "/test/job", {"X-Job-Secret": "the previous"}).status == 200
    assert call("POST", "/test/job", {"X-Job-Secret": "the oldest"}).status == 401


def test_a_store_that_cannot_be_asked_closes_the_door_for_a_while(call: Caller, store: Store) -> None:
    store.is_down = True

    answer = call("POST", "/test/job", support.AS_JOB)

    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_who_shows_nothing_causes_no_reading_of_secrets(call: Caller, store: Store) -> None:
    assert call("GET", "/api/jobs").status == 401
    assert store.reads == 0


def test_a_refusal_is_the_same_whatever_was_wrong(call: Caller) -> None:
    nothing = call("POST", "/test/admin")
    wrong = call("POST", "/test/admin", {"Authorization": "Bearer wrong"})

    assert nothing.body == wrong.body
    assert wrong.headers["WWW-Authenticate"].startswith("Bearer ")


def test_input_is_looked_at_only_after_the_guard(call: Caller) -> None:
    wrong = {"Content-Type": "text/plain"}

    assert call("POST", "/test/job", wrong, body="x" * 100_000, query="a=1&a=2").status == 401
    assert call("GET", "/test/items/" + "x" * 50).status == 401
    assert call("GET", "/api/jobs/no-such-job/runs").status == 401


def test_no_secret_reaches_an_answer_or_a_line(call: Caller, store: Store, lines: io.StringIO) -> None:
    answers = [
        call(method, f"/test/{guard}", headers, query={"secret": "s3cr3t"})
        for method in ("GET", "POST")
        for guard in ("job", "admin", "webhook")
        for headers in SHOWN.values()
    ]
    answers.append(call("POST", "/test/webhook", body={"secret": support.WEBHOOK_SECRET, "odd": 1}))
    answers.append(call("POST", "/test/fail", support.AS_JOB))
    store.is_down = True
    answers.append(call("GET", "/test/warmup", {"X-Warmup-Secret": support.WARMUP_SECRET}))

    said = lines.getvalue() + "".join(answer.text + str(answer.headers) for answer in answers)
    assert '"route":"/test/webhook"' in said
    for [secret] in store.values.values():
        assert secret not in said
    assert "s3cr3t" not in said

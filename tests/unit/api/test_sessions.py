"""Sessions of the dashboard: what a cookie proves, for how long, and what no cookie proves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from api.sessions import COOKIE, LIFETIME_S, Sessions
from nightshift.routes import Guard
from tests.support import door as support
from tests.support.door import Caller
from tests.unit.api.conftest import Store

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Secrets:
    """The valid values of each secret, the current one first, and a clock."""

    valid: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {"session": ("s1",), "job": ("j1",), "admin": ("a1",), "read": ("r1",)}
    )
    now: float = 1_800_000_000.0

    def sessions(self) -> Sessions:
        return Sessions(lambda name: self.valid[name], lambda: self.now)


def value_of(set_cookie: str) -> str:
    return set_cookie.partition(";")[0].partition("=")[2]


def shown(sessions: Sessions, value: str) -> str | None:
    return sessions.principal([f"{COOKIE}={value}"])


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


def test_a_session_is_of_whoever_opened_it(secrets: Secrets) -> None:
    sessions = secrets.sessions()

    assert shown(sessions, value_of(sessions.open("admin", "a1"))) == "admin"
    assert shown(sessions, value_of(sessions.open("read", "r1"))) == "read"


def test_the_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts() -> None:
    # So long that no signature has them by chance.
    secrets = Secrets({"session": ("what-signs-sessions",), "job": ("what-lets-jobs-in",)})
    cookie = secrets.sessions().open("job", "what-lets-jobs-in")

    assert cookie.startswith("__Host-session=v1.job.")
    assert cookie.endswith("; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Lax")
    assert "what-lets-jobs-in" not in cookie
    assert "what-signs-sessions" not in cookie


def test_two_sessions_are_never_the_same(secrets: Secrets) -> None:
    sessions = secrets.sessions()

    assert sessions.open("job", "j1") != sessions.open("job", "j1")


def test_it_ends_after_twelve_hours_to_the_second(secrets: Secrets) -> None:
    value = value_of(secrets.sessions().open("admin", "a1"))

    secrets.now += LIFETIME_S - 1
    assert shown(secrets.sessions(), value) == "admin"
    secrets.now += 1
    assert shown(secrets.sessions(), value) is None


@pytest.mark.parametrize("rotated", ["session", "admin"])
def test_the_first_rotation_keeps_a_session_and_the_second_ends_it(secrets: Secrets, rotated: str) -> None:
    value = value_of(secrets.sessions().open("admin", "a1"))

    secrets.valid[rotated] = ("new", secrets.valid[rotated][0])
    assert shown(secrets.sessions(), value) == "admin"
    secrets.valid[rotated] = ("newest", "new")
    assert shown(secrets.sessions(), value) is None


def test_a_rotation_of_another_secret_changes_nothing(secrets: Secrets) -> None:
    value = value_of(secrets.sessions().open("admin", "a1"))

    secrets.valid |= {"job": ("x",), "read": ()}

    assert shown(secrets.sessions(), value) == "admin"


def test_whose_secret_is_taken_away_is_out_at_once(secrets: Secrets) -> None:
    value = value_of(secrets.sessions().open("read", "r1"))

    secrets.valid["read"] = ()

    assert shown(secrets.sessions(), value) is None


def test_no_letter_of_it_can_be_changed(secrets: Secrets) -> None:
    sessions = secrets.sessions()
    value = value_of(sessions.open("read", "r1"))

    for place, letter in enumerate(value):
        changed = f"{value[:place]}{'A' if letter != 'A' else 'B'}{value[place + 1 :]}"
        assert shown(sessions, changed) is None, f"letter {place}"


@pytest.mark.parametrize(
    "forged",
    [
        lambda value: value.replace(".read.", ".admin."),
        lambda value: value.replace(".read.", ".job."),
        lambda value: value.rpartition(".")[0],
        lambda value: value + "=",
        lambda value: f"{value}.{value}",
        lambda value: value.replace("v1.", "v2."),
        lambda _: "",
        lambda _: "v1.admin.99999999999.aaaaaaaaaaaaaaaa." + "A" * 43,
    ],
)
def test_what_was_not_signed_here_is_nobodys(secrets: Secrets, forged: Callable[[str], str]) -> None:
    sessions = secrets.sessions()

    assert shown(sessions, forged(value_of(sessions.open("read", "r1")))) is None


def test_a_cookie_of_another_name_is_nobodys(secrets: Secrets) -> None:
    sessions = secrets.sessions()
    value = value_of(sessions.open("admin", "a1"))

    assert sessions.principal([f"session={value}", f"x{COOKIE}={value}", COOKIE]) is None
    assert sessions.principal(["theme=dark", f" {COOKIE}={value} "]) == "admin"


def cookie_of(principal: str) -> str:
    """A session that the door of these tests takes for one of its own."""
    values = {name: (getattr(support, f"{name.upper()}_SECRET"),) for name in ("session", "job", "admin", "read")}
    return Sessions(lambda name: values[name]).open(principal, values[principal][0]).partition(";")[0]


@pytest.mark.parametrize("guard", [Guard.READ, Guard.ADMIN, Guard.JOB, Guard.WARMUP])
def test_a_session_reads_what_its_secret_reads(call: Caller, guard: Guard) -> None:
    assert call("GET", f"/test/{guard}", cookies=[cookie_of("job")]).body["principal"] == "job"
    assert call("GET", f"/test/{guard}", cookies=[cookie_of("read")]).body["principal"] == "read"


def test_a_session_writes_what_its_secret_writes(call: Caller) -> None:
    assert call("POST", "/test/admin", SAME_ORIGIN, cookies=[cookie_of("admin")]).body["principal"] == "admin"
    assert call("POST", "/test/job", SAME_ORIGIN, cookies=[cookie_of("job")]).body["principal"] == "job"
    assert call("POST", "/test/job", SAME_ORIGIN, cookies=[cookie_of("admin")]).status == 403


@pytest.mark.parametrize("guard", [Guard.READ, Guard.ADMIN, Guard.JOB])
def test_a_reader_is_told_why_nothing_changes(call: Caller, guard: Guard) -> None:
    answer = call("POST", f"/test/{guard}", SAME_ORIGIN, cookies=[cookie_of("read")])

    assert answer.status == 403
    assert answer.body["detail"].startswith("the read-only secret sees everything and changes nothing")


@pytest.mark.parametrize("site", [None, "cross-site", "same-site", "none", "SAME-ORIGIN", ""])
def test_a_write_by_cookie_must_come_from_a_page_of_ours(call: Caller, site: str | None) -> None:
    headers = {} if site is None else {"Sec-Fetch-Site": site}

    answer = call("POST", "/test/admin", headers, cookies=[cookie_of("admin")])

    assert answer.status == 403
    assert "Sec-Fetch-Site" in answer.body["detail"]


def test_a_secret_in_a_header_needs_no_page_and_wins_over_a_cookie(call: Caller) -> None:
    cookies = [cookie_of("read")]

    assert call("POST", "/test/job", support.AS_JOB, cookies=cookies).body["principal"] == "job"
    assert call("POST", "/test/job", {"X-Job-Secret": "wrong"}, cookies=[cookie_of("job")]).status == 401


def test_a_session_that_is_none_is_as_good_as_no_secret(call: Caller) -> None:
    assert call("GET", "/test/read", cookies=[f"{COOKIE}=v1.admin.1.x.y"]).status == 401


def test_without_the_session_secret_a_cookie_opens_nothing(make_caller: Callable[..., Caller]) -> None:
    assert make_caller(without=("session",))("GET", "/test/read", cookies=[cookie_of("job")]).status == 401


def test_while_secrets_cannot_be_read_a_session_is_not_called_wrong(call: Caller, store: Store) -> None:
    store.is_down = True

    assert call("GET", "/test/read", cookies=[cookie_of("job")]).status == 503

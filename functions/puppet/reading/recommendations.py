"""What follows from the figures: advice that names its figure, the bound it crossed, and the setting to change.

A rule says nothing where there is too little to judge by, and none invents a cause: where no setting would help, the
advice says where to look instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nightshift.routes import Json
from puppet.configuration import HEARTBEAT_S, PARAMETERS
from puppet.reading.figures import rate

Values = Mapping[str, int]

ENOUGH_ATTEMPTS: Final = 20
RATE_LIMIT_SHARE: Final = 0.05
TIMEOUT_SHARE: Final = 0.05
STUCK_SHARE: Final = 0.01
AUTHENTICATION_SHARE: Final = 0.05
DUPLICATE_SHARE: Final = 0.2
FEW_RETRIES_SUCCEED: Final = 0.1
MANY_RETRIES_SUCCEED: Final = 0.5
GIVEN_UP_SHARE: Final = 0.1
TYPE_SUCCESS_RATE: Final = 0.5
WAITED_P95_MS: Final = 300_000
ONE_USERS_SHARE: Final = 0.5
# Successes that take so much of the time they have are cut off now and then.
_CLOSE_TO_TIMEOUT: Final = 0.8
_FAR_FROM_TIMEOUT: Final = 0.25
_BOUNDS: Final = {parameter.name: parameter for parameter in PARAMETERS}


@dataclass(frozen=True)
class Figures:
    """What the advice follows from: the rows of the insights, and the values in force."""

    totals: Mapping[str, Any]
    types: Sequence[Mapping[str, Any]]
    users: Sequence[Mapping[str, Any]]
    hours: Sequence[Mapping[str, Any]]
    values: Values

    def share(self, count: str) -> float:
        """Return the share of a count in all attempts."""
        return rate(self.totals[count], self.totals["attempts"]) or 0.0


def recommend(figures: Figures) -> list[Json]:
    """Return what follows from the figures, the most urgent first; nothing where there are too few attempts."""
    if figures.totals["attempts"] < ENOUGH_ATTEMPTS:
        return []
    rules = (_stuck, _authentication, _rate_limit, _timeouts, _failing_type, _retries, _waiting, _duplicates)
    return [advice for rule in rules if (advice := rule(figures))]


def _stuck(figures: Figures) -> Json | None:
    share = figures.share("stuck")
    if share <= STUCK_SHARE:
        return None
    text = (
        f"{_percent(share)} of the attempts were abandoned: their processor died or was cut off. Look in the log of the"
        " processor's function for time-outs and lack of memory; no setting here helps."
    )
    return _advice("processors-die", text, ("stuckShare", share, STUCK_SHARE))


def _authentication(figures: Figures) -> Json | None:
    share, users = figures.share("unauthenticated"), figures.totals["unauthenticated_users"]
    if share <= AUTHENTICATION_SHARE:
        return None
    named = [user["user_id"] for user in figures.users if user["unauthenticated"]][:5]
    who = f" (among them {', '.join(named)})" if named else ""
    text = (
        f"{_percent(share)} of the attempts failed because a sign-in was refused, for {users}"
        f" user{'s' if users != 1 else ''}{who}. They have to connect their accounts again; no setting here helps."
    )
    return _advice("sign-ins-refused", text, ("authenticationShare", share, AUTHENTICATION_SHARE))


def _rate_limit(figures: Figures) -> Json | None:
    share = figures.share("rate_limited")
    if share <= RATE_LIMIT_SHARE:
        return None
    # The other service counts by account, so the limit for each user comes first.
    name = "perUserLimit" if figures.values["perUserLimit"] > 1 else "maxConcurrentJobs"
    now = figures.values[name]
    text = f"{_percent(share)} of the attempts were turned away for coming too fast. Lower {name}."
    return _advice(
        "too-fast", text, ("rateLimitShare", share, RATE_LIMIT_SHARE), _setting(figures, name, now - max(1, now // 3))
    )


def _timeouts(figures: Figures) -> Json | None:
    share, p95 = figures.share("timed_out"), figures.totals["success_duration_p95"]
    if share <= TIMEOUT_SHARE:
        return None
    limit_s, figure = figures.values["jobTimeoutSeconds"], ("timeoutShare", share, TIMEOUT_SHARE)
    told = f"{_percent(share)} of the attempts timed out"
    if p95 is None:
        return _advice("nothing-in-time", f"{told} and none succeeded: look at the workers.", figure)
    seconds = f"95 % of the successes take at most {p95 / 1000:.1f} s of the {limit_s} s they have"
    if p95 >= limit_s * 1000 * _CLOSE_TO_TIMEOUT:
        longer = min(limit_s * 3 // 2, _BOUNDS["jobTimeoutSeconds"].maximum)
        more = _setting(figures, "jobTimeoutSeconds", longer)
        needed = longer + HEARTBEAT_S
        also = f" (and stuckAfterSeconds to at least {needed})" if figures.values["stuckAfterSeconds"] < needed else ""
        return _advice("too-little-time", f"{told}, and {seconds}. Raise jobTimeoutSeconds{also}.", figure, more)
    if p95 <= limit_s * 1000 * _FAR_FROM_TIMEOUT:
        sooner = _setting(figures, "jobTimeoutSeconds", max(10, round(p95 * 3 / 1000)))
        text = f"{told}, while {seconds}: these workers hang. Look at them; a lower jobTimeoutSeconds frees places."
        return _advice("workers-hang", text, figure, sooner)
    return _advice("workers-slow", f"{told}, while {seconds}. Look at which job types they are.", figure)


def _failing_type(figures: Figures) -> Json | None:
    rates = [
        (rate(row["succeeded"], row["succeeded"] + row["given_up"]) or 0.0, row["job_type"])
        for row in figures.types
        if row["succeeded"] + row["given_up"] >= ENOUGH_ATTEMPTS
    ]
    worst, job_type = min(rates, default=(1.0, ""))
    if worst >= TYPE_SUCCESS_RATE:
        return None
    text = (
        f"Of the {job_type} jobs that came to their end only {_percent(worst)} succeeded. Look at the error patterns of"
        " this type and at its worker; no setting here helps."
    )
    return _advice("type-fails", text, ("successRatePerJob", worst, TYPE_SUCCESS_RATE), job_type=job_type)


def _retries(figures: Figures) -> Json | None:
    repeated, retries = figures.totals["repeated"], figures.values["maxRetries"]
    if repeated < ENOUGH_ATTEMPTS:
        return None
    succeeded = rate(figures.totals["repeated_succeeded"], repeated) or 0.0
    told = f"{_percent(succeeded)} of the {repeated} repeated attempts succeeded"
    if succeeded < FEW_RETRIES_SUCCEED and retries > 0:
        less = _setting(figures, "maxRetries", retries - 1)
        figure = ("retrySuccessRate", succeeded, FEW_RETRIES_SUCCEED)
        return _advice("retries-futile", f"Only {told}. Lower maxRetries: they take places from others.", figure, less)
    ended = figures.totals["succeeded"] + figures.totals["given_up"]
    lost = rate(figures.totals["given_up"], ended) or 0.0
    if succeeded > MANY_RETRIES_SUCCEED and lost > GIVEN_UP_SHARE and retries < _BOUNDS["maxRetries"].maximum:
        more = _setting(figures, "maxRetries", retries + 1)
        text = f"{told}, and still {_percent(lost)} of the jobs were given up. Raise maxRetries."
        return _advice("retries-help", text, ("givenUpShare", lost, GIVEN_UP_SHARE), more)
    return None


def _waiting(figures: Figures) -> Json | None:
    waited = figures.totals["waited_p95"] or 0.0
    # Where the other service already turns jobs away, more at once would only make it worse.
    if waited <= WAITED_P95_MS or figures.share("rate_limited") > RATE_LIMIT_SHARE:
        return None
    figure = ("waitedP95Ms", round(waited, 1), WAITED_P95_MS)
    told = f"5 % of the jobs wait longer than {waited / 60_000:.0f} min"
    one = rate(figures.users[0]["attempts"], figures.totals["attempts"]) or 0.0 if figures.users else 0.0
    if one > ONE_USERS_SHARE and figures.values["perUserLimit"] < figures.values["maxConcurrentJobs"]:
        user, more = figures.users[0]["user_id"], _setting(figures, "perUserLimit", figures.values["perUserLimit"] + 1)
        text = (
            f"{told}, and {_percent(one)} of the attempts are those of {user}, whom the limit for each user holds back"
            " so that others get their turn. Raise perUserLimit if their account bears it."
        )
        return _advice("one-user-waits", text, figure, more)
    more = _setting(figures, "maxConcurrentJobs", -(-figures.values["maxConcurrentJobs"] * 3 // 2))
    text = f"{told}, most of all from {_busiest(figures.hours)}. Raise maxConcurrentJobs."
    return _advice("jobs-wait", text, figure, more)


def _duplicates(figures: Figures) -> Json | None:
    skipped = figures.totals["duplicates"]
    share = rate(skipped, skipped + figures.totals["attempts"]) or 0.0
    if share <= DUPLICATE_SHARE:
        return None
    days = figures.values["inviteCooldownDays"]
    text = (
        f"{_percent(share)} of the jobs were invites that had been sent within the last {days} days, and were skipped."
        " The software that puts them into the queue should not, or inviteCooldownDays is longer than it means."
    )
    setting = {"name": "inviteCooldownDays", "now": days, "proposed": None}
    return _advice("many-duplicates", text, ("duplicateShare", share, DUPLICATE_SHARE), setting)


def _busiest(hours: Sequence[Mapping[str, Any]]) -> str:
    hour = max(hours, key=lambda row: (row["waited_p95"] or 0.0, row["attempts"]))["hour"]
    return f"{hour:02}:00 to {(hour + 1) % 24:02}:00"


def _setting(figures: Figures, name: str, proposed: int) -> Json:
    within = min(max(proposed, _BOUNDS[name].minimum), _BOUNDS[name].maximum)
    now = figures.values[name]
    # At its bound already: there is nothing to propose, and the text still says what would be needed.
    return {"name": name, "now": now, "proposed": within if within != now else None}


def _advice(
    code: str, text: str, figure: tuple[str, float, float], setting: Json | None = None, job_type: str | None = None
) -> Json:
    name, value, bound = figure
    return {
        "code": code,
        "text": text,
        "figure": {"name": name, "value": value, "bound": bound, "jobType": job_type},
        "setting": setting,
    }


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"

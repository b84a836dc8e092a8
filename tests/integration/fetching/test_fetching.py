"""One page, fetched as the product checks do it: what comes back, and what each failure is called."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from nightshift.outbound import Deadline, GuardedHttp, WebAddress
from product_checks.errors import (
    BadStatus,
    Blocked,
    FetchFailed,
    HostBusy,
    NotAPage,
    PageGone,
    RateLimited,
    Unreachable,
)
from product_checks.fetching import Fetched, NotModified, PageFetcher, PageRequest
from product_checks.hosts import HostTurns
from tests.integration.fetching.conftest import USER_AGENT, Visit, Web


def test_a_page_comes_with_what_the_next_check_needs(web: Web, pages: PageFetcher) -> None:
    modified = formatdate(0, usegmt=True)
    url = web.page(
        "/lamp",
        lambda visit: visit.answer(
            200, b"<html>", Content_Type="text/html; charset=latin-1", ETag='"v1"', Last_Modified=modified
        ),
    )

    assert pages.fetch(PageRequest(url + "?colour=red")) == Fetched(
        url + "?colour=red", 200, b"<html>", "text/html; charset=latin-1", '"v1"', modified
    )
    sent = web.asked[0].headers
    assert sent["User-Agent"] == USER_AGENT
    assert sent["Accept"].startswith("text/html")
    assert sent["If-None-Match"] is None


def lamp(visit: Visit) -> None:
    if visit.headers["If-None-Match"] == '"v1"':
        visit.answer(304, Content_Length="0")
    else:
        visit.answer(200, b"<html>", ETag='"v1"')


def test_an_unchanged_page_is_not_sent_again(web: Web, pages: PageFetcher) -> None:
    url = web.page("/lamp", lamp)

    assert pages.fetch(PageRequest(url, etag='"v1"')) == NotModified(url)
    assert isinstance(pages.fetch(PageRequest(url, etag='"v0"')), Fetched)
    assert isinstance(pages.fetch(PageRequest(url)), Fetched)


def test_last_modified_is_sent_back_as_it_came(web: Web, pages: PageFetcher) -> None:
    url = web.page("/lamp", lambda visit: visit.answer(304))

    assert pages.fetch(PageRequest(url, last_modified="some day")) == NotModified(url)
    assert web.asked[0].headers["If-Modified-Since"] == "some day"


def test_validators_belong_to_the_page_they_came_from(web: Web, pages: PageFetcher) -> None:
    url = web.redirect("/old", "/lamp")
    final = web.page("/lamp", lamp)

    assert isinstance(pages.fetch(PageRequest(url, etag='"v1"')), Fetched)
    assert pages.fetch(PageRequest(url, etag='"v1"', validated_url=final)) == NotModified(final)
    assert [asked.headers["If-None-Match"] for asked in web.asked] == ['"v1"', None, None, '"v1"']


def test_a_stored_etag_cannot_smuggle_a_header(web: Web, pages: PageFetcher) -> None:
    url = web.page("/lamp", lamp)

    assert isinstance(pages.fetch(PageRequest(url, etag='"v1"\r\nX-Injected: 1')), Fetched)
    assert web.asked[0].headers["X-Injected"] is None


def test_304_without_a_condition_is_an_error(web: Web, pages: PageFetcher) -> None:
    with pytest.raises(BadStatus):
        pages.fetch(PageRequest(web.page("/", lambda visit: visit.answer(304))))


@pytest.mark.parametrize(
    ("status", "headers", "error", "code"),
    [
        (404, {}, PageGone, "gone"),
        (410, {}, PageGone, "gone"),
        (401, {}, Blocked, "blocked"),
        (403, {}, Blocked, "blocked"),
        (405, {"x-amzn-waf-action": "captcha"}, Blocked, "blocked"),
        (202, {"x-amzn-waf-action": "challenge"}, Blocked, "blocked"),
        (200, {"cf-mitigated": "challenge"}, Blocked, "blocked"),
        (503, {"cf-mitigated": "challenge", "Retry-After": "5"}, Blocked, "blocked"),
        (500, {}, BadStatus, "http_status"),
        (503, {}, BadStatus, "http_status"),
        (204, {}, BadStatus, "http_status"),
        (302, {}, BadStatus, "http_status"),
        (400, {"Retry-After": "60"}, BadStatus, "http_status"),
    ],
)
def test_a_status_that_is_no_page_has_a_name_and_keeps_what_came_with_it(
    web: Web, pages: PageFetcher, status: int, headers: dict[str, str], error: type[BadStatus], code: str
) -> None:
    body = b"" if status == 204 else b"<title>Just a moment</title>"
    url = web.page("/", lambda visit: visit.answer(status, body, **headers))

    with pytest.raises(BadStatus) as failed:
        pages.fetch(PageRequest(url + "?token=secret"))

    assert type(failed.value) is error
    assert failed.value.code == code
    assert (failed.value.status, failed.value.page.body) == (status, body)
    assert str(failed.value) == f"{url} answered with status {status}"


def test_a_broken_error_page_does_not_hide_the_status(web: Web, pages: PageFetcher) -> None:
    url = web.page("/", lambda visit: visit.answer(403, b"<html>", Content_Encoding="br"))

    with pytest.raises(Blocked) as failed:
        pages.fetch(PageRequest(url))
    assert failed.value.page.body == b""


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_peace_gets_it(web: Web, pages: PageFetcher, status: int) -> None:
    url = web.page("/", lambda visit: visit.answer(status, Retry_After="120"))

    with pytest.raises(RateLimited) as limited:
        pages.fetch(PageRequest(url))
    assert limited.value.retry_after_s == 120

    with pytest.raises(RateLimited) as limited:
        pages.fetch(PageRequest(web.url("/another-page")))
    assert 0 < (limited.value.retry_after_s or 0) <= 120
    assert web.paths() == ["/"]


def test_a_date_in_retry_after_is_understood(web: Web, pages: PageFetcher) -> None:
    url = web.page("/", lambda visit: visit.answer(429, Retry_After=formatdate(time.time() + 3600, usegmt=True)))

    with pytest.raises(RateLimited) as limited:
        pages.fetch(PageRequest(url))
    assert 3500 < (limited.value.retry_after_s or 0) <= 3600


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "soon"}])
def test_429_without_a_time_is_still_obeyed(web: Web, pages: PageFetcher, headers: dict[str, str]) -> None:
    url = web.page("/", lambda visit: visit.answer(429, **headers))

    with pytest.raises(RateLimited) as limited:
        pages.fetch(PageRequest(url))
    assert limited.value.retry_after_s is None
    with pytest.raises(RateLimited):
        pages.fetch(PageRequest(url))
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "media_type",
    ["image/png", "application/pdf", "Application/ZIP; x=1", "video/mp4", "application/octet-stream", "text/css"],
)
def test_what_is_not_a_page_is_not_read(web: Web, pages: PageFetcher, media_type: str) -> None:
    url = web.page("/", lambda visit: visit.answer(200, b"", Content_Type=media_type, Content_Length="999999999"))

    with pytest.raises(NotAPage):
        pages.fetch(PageRequest(url))


@pytest.mark.parametrize(
    "media_type", ["TEXT/HTML", "application/xhtml+xml", "text/html, text/html", "", "html", "text/plain;charset=utf-8"]
)
def test_a_doubtful_type_is_read(web: Web, pages: PageFetcher, media_type: str) -> None:
    url = web.page("/", lambda visit: visit.answer(200, b"<html>", Content_Type=media_type))

    assert isinstance(pages.fetch(PageRequest(url)), Fetched)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "address_refused"),
        ("http://169.254.169.254/latest/?token=secret", "address_refused"),
        ("http://user:secret@shop.example/", "address_refused"),
        ("http://127.0.0.1:1/?token=secret", "connect"),
    ],
)
def test_what_cannot_be_reached_says_why_and_tells_no_secret(pages: PageFetcher, url: str, code: str) -> None:
    with pytest.raises(Unreachable) as failed:
        pages.fetch(PageRequest(url))

    assert failed.value.code == code
    assert "secret" not in str(failed.value)


def test_limits_are_those_of_the_request(web: Web, pages: PageFetcher) -> None:
    url = web.page("/", lambda visit: visit.answer(200, b"x" * 1000))
    slow = web.page("/slow", lambda visit: visit.drip(b"x"))

    codes = []
    for request in (
        PageRequest(url, max_bytes=999),
        PageRequest(slow, deadline_s=0.2),
        PageRequest(slow, give_up_s=0.2),
    ):
        with pytest.raises(FetchFailed) as failed:
            pages.fetch(request)
        codes.append(failed.value.code)
    assert codes == ["too_large", "timeout", "timeout"]


def test_one_request_at_a_host_at_a_time_also_when_redirects_cross(
    web: Web, http_client: GuardedHttp, pages: PageFetcher
) -> None:
    """Two hosts redirect to each other, many threads visit both: no overlap at a host, and no deadlock."""
    counting, now, most = threading.Lock(), dict.fromkeys("ab", 0), dict.fromkeys("ab", 0)

    def count(visit: Visit, step: int) -> None:
        with counting:
            host = visit.headers["Host"][0]
            now[host] += step
            most[host] = max(most[host], now[host])

    def counted(visit: Visit) -> None:
        count(visit, +1)
        visit.server.web.closing.wait(0.005)
        count(visit, -1)  # before the answer: whoever sees the answer may send the next request
        if visit.path == "/end":
            visit.answer(200, b"the end")
        else:
            other = "b" if visit.headers["Host"].startswith("a") else "a"
            visit.answer(302, Location=web.url("/end", f"{other}.example"))

    web.page("/", counted)
    web.page("/end", counted)
    requests = [PageRequest(web.url("/", f"{host}.example")) for host in "ab" * 10]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(pages.fetch, requests))

    assert [result.body for result in results if isinstance(result, Fetched)] == [b"the end"] * 20
    assert most == {"a": 1, "b": 1}


def test_waiting_for_a_busy_host_is_not_time_of_the_page_but_ends_too(web: Web, http_client: GuardedHttp) -> None:
    turns = HostTurns()
    pages = PageFetcher(http_client, respect_robots=False, turns=turns)
    url = web.page("/", lambda visit: visit.answer(200, b"<html>"))
    pages.fetch(PageRequest(url))
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with turns.turn(WebAddress.parse(url).site, Deadline(10)):
            held.set()
            over.wait(10)

    with ThreadPoolExecutor(2) as threads:
        threads.submit(hold)
        held.wait(10)
        with pytest.raises(HostBusy):
            pages.fetch(PageRequest(url, give_up_s=0.1))
        waiting = threads.submit(pages.fetch, PageRequest(url, deadline_s=0.5))
        web.closing.wait(0.6)
        over.set()
        assert isinstance(waiting.result(), Fetched)

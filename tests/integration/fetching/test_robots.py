"""robots.txt: asked once, obeyed, and on the safe side when it cannot be had."""

from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest

from nightshift.outbound import Deadline, GuardedHttp, WebAddress
from product_checks.errors import FetchFailed, RobotsDisallowed
from product_checks.fetching import Fetched, PageFetcher, PageRequest
from product_checks.hosts import HostTurns
from product_checks.robots import Robots, product_token
from tests.integration.fetching.conftest import USER_AGENT, Names, Page, Web


def robots(text: str, status: int = 200) -> Page:
    return lambda visit: visit.answer(status, text.encode(), Content_Type="text/plain")


@pytest.fixture
def shop(web: Web) -> Web:
    web.page("/lamp", lambda visit: visit.answer(200, b"<html>"))
    return web


def outcome(pages: PageFetcher, url: str) -> str:
    try:
        pages.fetch(PageRequest(url))
    except FetchFailed as error:
        return error.code
    return "fetched"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("User-agent: *\nDisallow: /", "robots_disallowed"),
        ("\ufeffUser-agent: *\r\nDisallow: /lamp", "robots_disallowed"),
        ("User-agent: *\nDisallow: /*mp$", "robots_disallowed"),
        ("User-agent: *\nAllow: /\n\nUser-agent: nightshift\nDisallow: /", "robots_disallowed"),
        ("User-agent: *\nDisallow: /\n\nUser-agent: NightShift\nAllow: /lamp", "fetched"),
        ("User-agent: *\nDisallow: /\nAllow: /lamp", "fetched"),
        ("User-agent: Other\nDisallow: /", "fetched"),
        ("User-agent: bot\nDisallow: /", "fetched"),  # a word of our user agent, not our name
        ("User-agent: *\nDisallow:", "fetched"),
        ("<html>Not found</html>", "fetched"),
        ("", "fetched"),
    ],
)
def test_the_rules_for_our_name_hold(shop: Web, polite: PageFetcher, text: str, expected: str) -> None:
    shop.page("/robots.txt", robots(text))

    assert outcome(polite, shop.url("/lamp")) == expected
    assert ("/lamp" in shop.paths()) == (expected == "fetched")
    assert shop.asked[0].headers["User-Agent"] == USER_AGENT


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "fetched"),
        (403, "fetched"),
        (429, "fetched"),
        (304, "fetched"),
        (500, "robots_unavailable"),
        (503, "robots_unavailable"),
    ],
)
def test_no_robots_allows_everything_and_a_failing_server_nothing(
    shop: Web, polite: PageFetcher, status: int, expected: str
) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nDisallow: /", status))

    assert outcome(polite, shop.url("/lamp")) == expected


def test_an_unreachable_server_is_named_as_such_and_asked_once(shop: Web, polite: PageFetcher, names: Names) -> None:
    shop.page("/robots.txt", lambda visit: visit.raw(b""))
    names.answers["inside.example"] = [["10.0.0.1"]]

    assert [outcome(polite, shop.url(path)) for path in ("/lamp", "/desk")] == ["bad_answer", "bad_answer"]
    assert shop.paths() == ["/robots.txt"]
    assert outcome(polite, "http://inside.example/") == "address_refused"


def test_robots_is_asked_once_for_all_threads(shop: Web, polite: PageFetcher) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nAllow: /"))

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(polite.fetch, [PageRequest(shop.url("/lamp"))] * 16))

    assert all(isinstance(result, Fetched) for result in results)
    assert shop.paths() == ["/robots.txt"] + ["/lamp"] * 16


def test_the_page_behind_a_redirect_is_asked_about_too(shop: Web, other_web: Web, polite: PageFetcher) -> None:
    other_web.page("/robots.txt", robots("User-agent: *\nDisallow: /"))
    url = shop.redirect("/moved", other_web.url("/lamp"))

    assert outcome(polite, url) == "robots_disallowed"
    assert other_web.paths() == ["/robots.txt"]


def test_dot_segments_do_not_lead_around_a_rule(shop: Web, polite: PageFetcher) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nDisallow: /private"))

    assert outcome(polite, shop.url("/lamp/../private/lamp")) == "robots_disallowed"


def test_redirects_of_robots_are_followed_and_five_are_enough(shop: Web, other_web: Web, polite: PageFetcher) -> None:
    other_web.page("/rules", robots("User-agent: *\nDisallow: /lamp"))
    shop.redirect("/robots.txt", other_web.url("/rules"))
    other_web.redirect("/robots.txt", "/robots.txt")

    assert outcome(polite, shop.url("/lamp")) == "robots_disallowed"
    assert outcome(polite, other_web.url("/rules")) == "fetched"


def test_robots_is_read_up_to_500_kib_and_not_beyond(shop: Web, polite: PageFetcher) -> None:
    text = "User-agent: *\nDisallow: /desk\n" + "# nothing\n" * 51_200 + "Disallow: /lamp\n"
    shop.page(
        "/robots.txt",
        lambda visit: visit.answer(200, gzip.compress(text.encode()), Content_Encoding="gzip"),
    )

    assert outcome(polite, shop.url("/desk")) == "robots_disallowed"
    assert outcome(polite, shop.url("/lamp")) == "fetched"


def test_robots_can_be_switched_off(shop: Web, pages: PageFetcher) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nDisallow: /"))

    assert outcome(pages, shop.url("/lamp")) == "fetched"
    assert shop.paths() == ["/lamp"]


@pytest.mark.parametrize(
    ("delay", "gap_s"), [("3", 3.0), ("0.5", 0.5), ("3600", 10.0), ("-1", 0.0), ("nan", 0.0), ("soon", 0.0)]
)
def test_a_crawl_delay_is_kept_up_to_ten_seconds(shop: Web, http_client: GuardedHttp, delay: str, gap_s: float) -> None:
    shop.page("/robots.txt", robots(f"User-agent: *\nCrawl-delay: {delay}"))

    page = WebAddress.parse(shop.url("/lamp"))
    assert Robots(http_client, HostTurns()).gap_s(page, Deadline(10)) == gap_s


def test_the_gap_also_lies_between_robots_and_the_page(shop: Web, http_client: GuardedHttp) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nCrawl-delay: 7"))
    slept: list[float] = []
    turns = HostTurns(clock=lambda: 1000.0, sleep=slept.append)

    PageFetcher(http_client, turns=turns).fetch(PageRequest(shop.url("/lamp")))

    assert slept == [7.0]


@pytest.mark.parametrize(("status", "kept_s"), [(200, 24 * 3600), (404, 24 * 3600), (500, 600)])
def test_rules_are_kept_for_a_day_and_failures_for_ten_minutes(
    shop: Web, http_client: GuardedHttp, status: int, kept_s: float
) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nDisallow: /", status))
    now = [0.0]
    rules = Robots(http_client, HostTurns(), clock=lambda: now[0])
    page = WebAddress.parse(shop.url("/lamp"))

    asked = []
    for moment in (0.0, kept_s - 1, kept_s):
        now[0] = moment
        if status == 404:
            rules.gap_s(page, Deadline(10))
        else:
            with pytest.raises(FetchFailed):
                rules.gap_s(page, Deadline(10))
        asked.append(len(shop.asked))

    assert asked == [1, 1, 2]


def test_a_message_names_the_page_without_its_query(shop: Web, polite: PageFetcher) -> None:
    shop.page("/robots.txt", robots("User-agent: *\nDisallow: /"))

    with pytest.raises(RobotsDisallowed) as refused:
        polite.fetch(PageRequest(shop.url("/lamp?token=secret")))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("user_agent", "token"),
    [
        ("Nightshift", "Nightshift"),
        ("Nightshift/1.0 (+https://nightshift.example/bot)", "Nightshift"),
        ("Mozilla/5.0 (compatible; Night_shift-Bot/2; +https://nightshift.example)", "Night_shift-Bot"),
        ("1st bot", "*"),
    ],
)
def test_our_name_is_found_in_the_user_agent(user_agent: str, token: str) -> None:
    assert product_token(user_agent) == token

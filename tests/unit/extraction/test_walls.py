# ruff: noqa: E501 - markup reads best unbroken
"""Bot walls and waiting rooms: a failed check that says so, never a product that is sold out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from product_checks.extraction import Failure, extract
from tests.unit.extraction.building import URL, of, page, product

WALLS = {
    "challenge page": page("<p>Checking if the site connection is secure</p>", title="Just a moment..."),
    "challenge script": page('<script>window._cf_chl_opt={}</script><div id="challenge"></div>', title="shop.example"),
    "blocked by rules": page("<h1>Sorry, you have been blocked</h1><p>Ray ID: 1</p>", title="Attention Required!"),
    "access denied": page(
        "<h1>Access Denied</h1>You don't have permission to access this. Reference #18.2d1", title="Access Denied"
    ),
    "robot check": page(
        "<p>Enter the characters you see below</p><form action='/errors/validateCaptcha'></form>", title="Shop"
    ),
    "press and hold": page(
        "<p>Press &amp; Hold to confirm you are a human</p><div id='px-captcha'></div>", title="Shop"
    ),
    "identity": page("<h1>Verify Your Identity</h1><p>Are you human?</p>", title="Verify Your Identity"),
    "ad blocker": page(
        '<p>Please enable JS and disable any ad blocker</p><script src="https://ct.captcha-delivery.com/c.js"></script>',
        title="shop.example",
    ),
    "incident": page(
        '<iframe src="/_Incapsula_Resource?x=1">Request unsuccessful. Incapsula incident ID: 1-2</iframe>', title=""
    ),
    "incident in the head": '<html><head><META NAME="robots"><script src="/_Incapsula_Resource?SWJIYLWA=1"></script></head></html>',
    "interruption": page("<h1>Pardon Our Interruption</h1>", title="Pardon Our Interruption"),
    "waiting room": page("<h1>You are now in line</h1><p>Your estimated wait time is 5 minutes</p>", title="Queue"),
    "waiting room script": page('<script src="//static.queue-it.net/q.js"></script><p>One moment.</p>', title="Shop"),
    "German": page("<p>Bitte bestätigen Sie, dass Sie ein Mensch sind.</p>", title="Sicherheitsüberprüfung"),
    "too many requests": page("<h1>429 Too Many Requests</h1>", title="429 Too Many Requests"),
    "forbidden": page("<h1>403 Forbidden</h1><hr>nginx", title="403 Forbidden"),
    "firewall challenge": page(
        '<script src="https://x.awswaf.com/challenge.js"></script><script>AwsWafIntegration.x()</script>', title=""
    ),
    "script token": page(
        '<script src="/149e9513/ips.js?KP_UIDz=1"></script><script>window.KPSDK={}</script>', title=""
    ),
    "browser check": page("<p>Checking your browser before accessing the shop</p>", title="DDoS-Guard"),
    "denied in German": page("<h1>Zugriff verweigert</h1>", title="Zugriff verweigert"),
    "denied in French": page("<h1>Accès refusé</h1>", title="Accès refusé"),
    "crowded in Japanese": page("<p>お待ちください</p>", title="アクセスが集中しています"),
    "slider in Chinese": page("<p>请按住滑块</p>", title="商店"),
    "rejected": page("The requested URL was rejected. Your support ID is: 1", title="Request Rejected"),
    "not acceptable": page("<h1>Not Acceptable!</h1>", title="Not Acceptable!"),
    "not a bot": page("<p>Loading</p>", title="Making sure you're not a bot!"),
    "verify connection": page("<p>One moment.</p>", title="Your connection needs to be verified"),
    "people ahead": page("<h2>Number of users ahead of you: 3</h2>", title="Shop"),
    "firewall token": page('<script src="https://a.token.awswaf.com/a/challenge.js"></script>', title=""),
    "puzzle script": page('<script src="https://static.geetest.com/x.js"></script>', title=""),
    "shop behind a password": page("<h1>Opening soon</h1><input type='password'>", title="Lamps"),
    "log in first": page("<form><input name='password'></form>", title="Sign in"),
}


@pytest.mark.parametrize("wall", WALLS.values(), ids=WALLS)
def test_a_wall_is_said_to_be_one(wall: str) -> None:
    found = extract(wall, URL)
    assert (found.is_product, found.failure, found.price, found.availability) == (
        False,
        Failure.BLOCKED,
        None,
        "unknown",
    )
    assert found.reason


SCRIPTS = '<script src="/cdn-cgi/challenge-platform/scripts/jsd.js"></script><div class="g-recaptcha"></div><script>_pxAppId=1</script>'


def test_a_shop_that_guards_its_forms_is_no_wall() -> None:
    assert of(product("5.00"), head=SCRIPTS).price == Decimal(5)


def test_an_ordinary_page_with_such_scripts_is_no_wall() -> None:
    found = extract(page(f"{SCRIPTS}<h1>About us</h1><p>{'We sell lamps. ' * 100}</p>"), URL)
    assert found.failure == Failure.NOT_A_PRODUCT


def test_a_product_called_like_a_wall_is_a_product() -> None:
    assert of(product("5.00", name="Access Denied Poster"), title="Access Denied Poster").price == Decimal(5)


def test_a_wall_that_calls_itself_a_product_is_a_wall() -> None:
    head = '<meta property="og:type" content="product"><meta property="og:title" content="Lamp">'
    assert extract(page("<p>Press and hold</p>", head=head, title="Robot or human?"), URL).failure == Failure.BLOCKED

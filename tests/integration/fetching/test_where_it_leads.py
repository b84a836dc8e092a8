"""Requests reach only what was checked: after resolution, on every redirect, and not through a proxy."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import pytest
import trustme

from nightshift.errors import ConfigurationError
from nightshift.outbound import AddressRefused, Deadline, GuardedHttp, NameNotResolved, TlsFailed, TooManyRedirects
from tests.integration.fetching.conftest import Names, Web


def get(client: GuardedHttp, url: str) -> bytes:
    with client.open(url, deadline=Deadline(5)) as answer:
        return answer.read(1000)


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254"],
)
def test_a_name_that_leads_inside_is_refused(names: Names, address: str) -> None:
    names.answers["shop.example"] = [[address]]

    with GuardedHttp(user_agent="Test", resolve=names) as client, pytest.raises(AddressRefused, match=r"shop\.example"):
        get(client, "http://shop.example/")


def test_one_bad_address_spoils_the_name(web: Web, http_client: GuardedHttp, names: Names) -> None:
    names.answers["shop.example"] = [["127.0.0.1", "10.0.0.1"]]

    with pytest.raises(AddressRefused):
        get(http_client, web.url("/", "shop.example"))
    assert web.asked == []


def test_a_name_is_resolved_once_and_the_checked_address_is_connected(
    web: Web, http_client: GuardedHttp, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.answers["rebind.example"] = [["127.0.0.1"], ["169.254.169.254"]]
    looked_up: list[Any] = []
    real = socket.getaddrinfo

    def recorded(host: str, *rest: Any, **named: Any) -> Any:
        looked_up.append(host)
        return real(host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", recorded)
    url = web.page("/", lambda visit: visit.answer(200, b"the shop", Connection="close"))

    assert get(http_client, url.replace("127.0.0.1", "rebind.example")) == b"the shop"
    assert names.asked == ["rebind.example"]
    assert looked_up == ["127.0.0.1"]  # nobody but the resolver ever saw the name
    assert web.asked[0].headers["Host"] == f"rebind.example:{web.port}"

    with pytest.raises(AddressRefused):
        get(http_client, url.replace("127.0.0.1", "rebind.example"))
    assert len(web.asked) == 1


def test_the_next_address_is_tried_when_one_does_not_answer(web: Web, http_client: GuardedHttp, names: Names) -> None:
    web.page("/", lambda visit: visit.answer(200, b"the shop"))
    names.answers["shop.example"] = [["127.0.0.2", "127.0.0.1"]]  # the server listens on 127.0.0.1 alone

    assert get(http_client, web.url("/", "shop.example")) == b"the shop"


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://10.0.0.1/",
        "http://2130706433/",
        "http://inside.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://user:secret@127.0.0.1/",
    ],
)
def test_a_redirect_inside_is_refused(web: Web, http_client: GuardedHttp, names: Names, location: str) -> None:
    names.answers["inside.example"] = [["192.168.0.1"]]
    url = web.redirect("/", location)

    with pytest.raises(AddressRefused) as refused:
        get(http_client, url)
    assert "secret" not in str(refused.value)
    assert web.paths() == ["/"]


def test_loopback_is_refused_by_default_in_whatever_form_and_port(web: Web) -> None:
    with GuardedHttp(user_agent="Test") as client:
        for host in ("127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]"):
            with pytest.raises(AddressRefused):
                get(client, web.url("/", host))
    assert web.asked == []


def test_a_port_that_no_shop_uses_is_refused(http_client: GuardedHttp, names: Names) -> None:
    names.answers["shop.example"] = [["8.8.8.8"]]

    with pytest.raises(AddressRefused, match="port 25"):
        get(http_client, "http://shop.example:25/")


def test_five_redirects_are_followed_and_no_more(web: Web, http_client: GuardedHttp) -> None:
    for step in range(6):
        web.redirect(f"/{step}", f"/{step + 1}")
    web.page("/6", lambda visit: visit.answer(200, b"the end"))

    assert get(http_client, web.url("/1")) == b"the end"
    with pytest.raises(TooManyRedirects):
        get(http_client, web.url("/0"))


def test_an_endless_redirect_ends(web: Web, http_client: GuardedHttp) -> None:
    url = web.redirect("/", "/?secret")

    with pytest.raises(TooManyRedirects) as ended:
        get(http_client, url)
    assert len(web.asked) == 6
    assert "secret" not in str(ended.value)


def test_cookies_live_for_one_chain_of_redirects(web: Web, http_client: GuardedHttp) -> None:
    web.redirect("/", "/page", Set_Cookie="visitor=1")
    web.page("/page", lambda visit: visit.answer())

    get(http_client, web.url("/"))
    get(http_client, web.url("/page"))

    assert [asked.headers["Cookie"] for asked in web.asked] == [None, "visitor=1", None]


def test_cookies_of_one_host_stay_there(web: Web, http_client: GuardedHttp) -> None:
    url = web.redirect("/", web.url("/page", "other.example"), Set_Cookie="visitor=1")

    get(http_client, url.replace("127.0.0.1", "shop.example"))

    assert [asked.headers["Cookie"] for asked in web.asked] == [None, None]


def test_credentials_are_not_accepted(web: Web, http_client: GuardedHttp) -> None:
    with (
        pytest.raises(ValueError, match="credentials"),
        http_client.open(web.url(), deadline=Deadline(5), headers={"Authorization": "Bearer secret"}),
    ):
        pass


def test_a_user_agent_cannot_smuggle_a_header() -> None:
    with pytest.raises(ConfigurationError):
        GuardedHttp(user_agent="Test\r\nX-Injected: 1")


def test_the_environment_cannot_lead_us_elsewhere(
    web: Web, other_web: Web, http_client: GuardedHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, other_web.url())

    get(http_client, web.url())

    assert (len(web.asked), other_web.asked) == (1, [])


def test_a_connection_serves_one_page_after_the_other(web: Web, http_client: GuardedHttp, names: Names) -> None:
    web.page("/", lambda visit: visit.answer(200, b"the shop"))

    for _ in range(3):
        get(http_client, web.url("/", "shop.example"))

    assert names.asked == ["shop.example"]


def test_a_name_that_does_not_exist_is_said_so(http_client: GuardedHttp, names: Names) -> None:
    names.answers["shop.example"] = [[]]

    with pytest.raises(NameNotResolved, match=r"shop\.example"):
        get(http_client, "http://shop.example/")


def test_the_system_resolver_finds_no_invalid_name() -> None:
    with GuardedHttp(user_agent="Test") as client, pytest.raises(NameNotResolved):
        get(client, "http://no-such-shop.invalid/")


def test_tls_is_verified_by_the_name_of_the_host(tls_web: Web, names: Names, authority: trustme.CA) -> None:
    tls_web.page("/", lambda visit: visit.answer(200, b"the shop"))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    with GuardedHttp(user_agent="Test", allow_loopback=True, resolve=names, tls=trusting) as client:
        assert get(client, tls_web.url("/", "shop.example")) == b"the shop"
        with pytest.raises(TlsFailed, match="not trusted"):
            get(client, tls_web.url("/", "other.example"))
        with pytest.raises(TlsFailed, match="not trusted"):
            get(client, tls_web.url("/"))


def test_an_unknown_authority_is_not_trusted(tls_web: Web, http_client: GuardedHttp) -> None:
    with pytest.raises(TlsFailed, match="not trusted"):
        get(http_client, tls_web.url("/", "shop.example"))
    assert tls_web.asked == []


def test_http_on_a_tls_address_is_a_failure_of_tls(web: Web, http_client: GuardedHttp) -> None:
    with pytest.raises(TlsFailed):
        get(http_client, web.url().replace("http:", "https:"))

"""Web addresses as people and servers write them."""

from __future__ import annotations

import ipaddress
import socket

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nightshift.outbound import AddressRefused, WebAddress


@pytest.mark.parametrize(
    ("given_url", "canonical"),
    [
        ("https://shop.example", "https://shop.example/"),
        ("  https://Shop.EXAMPLE./a  ", "https://shop.example/a"),
        ("HTTPS://shop.example:443/a", "https://shop.example/a"),
        ("http://shop.example:8080/a", "http://shop.example:8080/a"),
        ("http://shop.example:/a", "http://shop.example/a"),
        ("https://shop.example/a/./b/../c", "https://shop.example/a/c"),
        ("https://shop.example/a/..", "https://shop.example/"),
        ("https://shop.example/../../etc", "https://shop.example/etc"),
        ("https://shop.example/a b?q=c d", "https://shop.example/a%20b?q=c%20d"),
        ("https://shop.example/a%20b?x[0]=1&y=%2F", "https://shop.example/a%20b?x[0]=1&y=%2F"),
        ("https://shop.example/schön#part", "https://shop.example/sch%C3%B6n"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://BÜCHER。example/", "https://xn--bcher-kva.example/"),
        ("http://[2606:4700:0:0::1111]:8443/", "http://[2606:4700::1111]:8443/"),
        ("http://①②⑦.0.0.1/", "http://127.0.0.1/"),  # recognised as what it is, refused when connecting
        ("http://127.0.0.1./", "http://127.0.0.1/"),
    ],
)
def test_an_address_is_brought_into_one_form(given_url: str, canonical: str) -> None:
    assert WebAddress.parse(given_url).url == canonical


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example/a",
        "//shop.example/a",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https:///a",
        "https:shop.example",
        "https://user@shop.example/",
        "https://user:secret@shop.example/",
        "https://shop.example@169.254.169.254/",
        "https://shop.example\\@169.254.169.254/",
        "https:\\\\shop.example/",
        "https://shop.example\r\nX-Injected: 1/",
        "https://shop.example/a\r\nX-Injected: 1",
        "https://shop.example/a\x00b",
        "https://shop.exa\tmple/",
        "https://shop example/",
        "https://shop%2eexample/",
        "https://%31%32%37.0.0.1/",
        "https://shop..example/",
        "https://.shop.example/",
        "https://shop.example../",
        "https://-shop.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 127}example/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:-1/",
        "https://shop.example:80:80/",
        "https://shop.example:٨٠/",
        "https://[::1/",
        "https://::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.fe80]/",
        "https://[1.2.3.4]/",
        "https://xn--\u00fc.example/",
        "https://shop.example/\ud800",
        "https://shop.example/" + "a" * 4096,
    ],
)
def test_an_address_that_is_not_clean_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        WebAddress.parse(url)


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "017700000001", "0177.0.0.1", "127.1", "127.0.1", "0"],
)
def test_an_unusual_spelling_of_an_ipv4_address_is_refused(host: str) -> None:
    assert socket.inet_aton(host)  # the system's resolver would take it

    with pytest.raises(AddressRefused, match="four decimal numbers"):
        WebAddress.parse(f"http://{host}/")


def test_no_secret_of_an_address_is_shown() -> None:
    address = WebAddress.parse("https://shop.example/a?token=secret")

    assert address.shown == "https://shop.example/a"
    with pytest.raises(AddressRefused, match="user name or password") as refused:
        WebAddress.parse("https://user:secret@shop.example/?token=secret")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("start", "location", "end"),
    [
        ("https://shop.example/a/b", "c", "https://shop.example/a/c"),
        ("https://shop.example/a/b", "/c?d=1", "https://shop.example/c?d=1"),
        ("https://shop.example/a/b", "//www.shop.example/c", "https://www.shop.example/c"),
        ("http://shop.example/a", "https://shop.example/a", "https://shop.example/a"),
        ("http://shop.example/a", "http://other.example/a", "http://other.example/a"),
        ("https://shop.example/a", "http://shop.example/a/", "https://shop.example/a/"),
        ("https://shop.example/a", " /größe ", "https://shop.example/gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_redirect_is_resolved_and_never_leaves_https(start: str, location: str, end: str) -> None:
    assert WebAddress.parse(start).follow(location).url == end


@pytest.mark.parametrize(
    "location",
    [
        "http://shop.example/a?token=secret",  # the same page: only http is offered there
        "http://shop.example:8080/a",
        "ftp://shop.example/a",
        "https://user@shop.example/",
        "https://shop.example/\r\nX-Injected: 1",
        "//[",
        "http://2852039166/",
    ],
)
def test_a_redirect_that_is_not_clean_is_refused(location: str) -> None:
    with pytest.raises(AddressRefused, match="redirects") as refused:
        WebAddress.parse("https://shop.example/a?token=secret").follow(location)
    assert "secret" not in str(refused.value)


@given(st.text() | st.text("htps:/.@[]%\\?#0127xaz- ").map("http://".__add__))
@example("http://[::ffff:127.0.0.1]")
@example("http://a/b//../c")
def test_every_text_is_refused_or_has_one_meaning(text: str) -> None:
    try:
        address = WebAddress.parse(text)
    except AddressRefused:
        return

    assert WebAddress.parse(address.url) == address
    other = httpx.URL(address.url)
    assert (other.scheme, other.raw_host.decode()) == (address.scheme, address.host)
    assert other.port in {None, address.port}


@given(st.ip_addresses(v=4), st.sampled_from(["{:d}", "0x{:x}", "0{:o}"]))
def test_no_number_passes_for_a_host_name(address: ipaddress.IPv4Address, form: str) -> None:
    with pytest.raises(AddressRefused):
        WebAddress.parse(f"http://{form.format(int(address))}/")

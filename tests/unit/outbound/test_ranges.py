"""Every range that must not be called, and proof that what is left is the public internet."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightshift.outbound.ranges import why_refused

REFUSED = [
    "0.0.0.0",  # noqa: S104 - not bound to, refused
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%2",
    "fec0::1",
    "ff02::1",
]
ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00:1450:4001:81b::200e",
]


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert why_refused(ip_address(text))


@pytest.mark.parametrize("text", ALLOWED)
def test_a_public_address_is_allowed(text: str) -> None:
    assert why_refused(ip_address(text)) is None


@pytest.mark.parametrize("text", REFUSED)
def test_the_setting_for_loopback_opens_loopback_alone(text: str) -> None:
    opened = why_refused(ip_address(text), allow_loopback=True) is None

    assert opened == (text in {"127.0.0.1", "127.255.255.254", "::1"})


def test_the_reason_names_the_kind_of_address() -> None:
    assert why_refused(ip_address("::ffff:8.8.8.8")) == "an IPv4 address in IPv6 form"
    assert why_refused(ip_address("fd00:ec2::254")) == "a private address"
    assert why_refused(ip_address("4000::1")) == "a reserved address"


@given(st.ip_addresses())
def test_what_is_allowed_is_global_for_python_too(address: IPv4Address | IPv6Address) -> None:
    if why_refused(address) is None:
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_link_local))


@given(st.ip_addresses(v=4), st.integers(0, 2**80 - 1))
def test_ipv4_in_ipv6_is_always_refused(inside: IPv4Address, rest: int) -> None:
    number = int(inside)
    forms = {
        "compatible": number,
        "mapped": 0xFFFF << 32 | number,
        "NAT64": 0x64FF9B << 96 | number,
        "local NAT64": 0x64FF9B0001 << 80 | rest,
        "6to4": 0x2002 << 112 | number << 80 | rest,
        "Teredo": 0x2001 << 112 | number << 64 | (rest & (2**64 - 1)),
    }

    assert {name for name, form in forms.items() if why_refused(IPv6Address(form)) is None} == set()

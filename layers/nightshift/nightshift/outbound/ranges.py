"""Which IP addresses this system may connect to.

The tables are our own (after the IANA special-purpose registries): `ipaddress.is_global` differs between the
Python versions we run on and does not know the addresses on which clouds answer their own machines.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_REFUSED_IPV4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address inside a provider's network"),  # CGNAT, RFC 6598
        ("127.0.0.0/8", "a loopback address"),
        ("168.63.129.16/32", "a metadata address"),  # Azure's host answers its guests here
        ("169.254.0.0/16", "a link-local or metadata address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "a documentation address"),
        ("192.88.99.0/24", "a 6to4 relay address"),
        ("192.168.0.0/16", "a private address"),
        ("198.18.0.0/15", "a benchmarking address"),
        ("198.51.100.0/24", "a documentation address"),
        ("203.0.113.0/24", "a documentation address"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)

# Addresses with an IPv4 address inside are refused whole: a router could turn any of them into a private one.
_REFUSED_IPV6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("::ffff:0:0/96", "an IPv4 address in IPv6 form"),
        ("::/96", "an IPv4 address in IPv6 form"),
        ("64:ff9b::/96", "a NAT64 address"),
        ("64:ff9b:1::/48", "a NAT64 address"),
        ("2001::/32", "a Teredo address"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "a documentation address"),
        ("2002::/16", "a 6to4 address"),
        ("3fff::/20", "a documentation address"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address"),
        ("ff00::/8", "a multicast address"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


def is_loopback(address: Address) -> bool:
    """Tell whether `address` is this machine itself, in plain form (`::ffff:127.0.0.1` is not)."""
    return any(address in network for network in _LOOPBACK)


def why_refused(address: Address, *, allow_loopback: bool = False) -> str | None:
    """Return what is wrong with `address` in a few words, or None when it may be called."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "an address bound to one network interface"
    if allow_loopback and is_loopback(address):
        return None
    table = _REFUSED_IPV4 if isinstance(address, IPv4Address) else _REFUSED_IPV6
    reason = next((reason for network, reason in table if address in network), None)
    if reason is None and isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return "a reserved address"
    return reason

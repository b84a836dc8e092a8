"""Reads a web address that somebody gave us into one canonical form, so what is checked is what is asked.

Every part is validated and the address is rebuilt from the parts: no other parser sees the original text, so
none can read it differently.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from nightshift.loopback import is_loopback
from nightshift.outbound.errors import AddressRefused

MAX_LENGTH = 4096
_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\[\]:%@/\\\s]+))(?::([0-9]{0,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
# Whatever ends like this a resolver may read as an IPv4 address: 127.1, 0x7f.1, 2130706433, 0177.0.0.1
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PATH_SAFE = "%/:@!$&'()*+,;=-._~"
_QUERY_SAFE = _PATH_SAFE + "?[]"


@dataclass(frozen=True)
class WebAddress:
    """An http or https address in canonical form, without user name, password and fragment."""

    scheme: str
    host: str  # lower case, in ASCII (IDNA), without a trailing dot; an IPv6 address without brackets
    port: int
    target: str  # path and query, percent-encoded, without dot segments

    @classmethod
    def parse(cls, url: str) -> WebAddress:
        """Read `url`.

        Raises:
            AddressRefused: saying what is wrong. Where the host leads is checked later, when it is resolved.
        """
        parts = _split(url)
        if parts.scheme not in _DEFAULT_PORTS:
            raise AddressRefused("the address must begin with http:// or https://")
        if "@" in parts.netloc:
            raise AddressRefused("the address must not carry a user name or password")
        host, port = _authority(parts.netloc)
        target = _without_dot_segments(quote(parts.path, safe=_PATH_SAFE))
        query = f"?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else ""
        return cls(parts.scheme, host, _DEFAULT_PORTS[parts.scheme] if port is None else port, target + query)

    @property
    def site(self) -> str:
        """Who takes one request at a time: the host. On this machine also the port: there, each is its own site."""
        return f"{self.host}:{self.port}" if is_loopback(self.host) else self.host

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}"

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.target

    @property
    def shown(self) -> str:
        """The address as messages may show it: without the query, which may hold a secret."""
        return (self.origin + self.target.partition("?")[0])[:200]

    def follow(self, location: str) -> WebAddress:
        """Return where a redirect from here to `location` leads.

        From https one never comes back to http: shops behind a load balancer often name their own pages with
        http, so such a step is taken over https instead.

        Raises:
            AddressRefused: the new address is not valid, or only http is offered there.
        """
        there = self._resolve(location)
        if self.scheme == "http" or there.scheme == "https":
            return there
        upgraded = replace(there, scheme="https", port=443)
        if there.port != 80 or upgraded == self:
            raise AddressRefused(f"{self.shown} redirects from https to http")
        return upgraded

    def _resolve(self, location: str) -> WebAddress:
        try:
            _refuse_control_characters(location)
            return WebAddress.parse(urljoin(self.url, location.strip()))
        except (AddressRefused, ValueError) as error:
            reason = error if isinstance(error, AddressRefused) else "the address is not valid"
            raise AddressRefused(f"{self.shown} redirects: {reason}") from None


def _split(url: str) -> SplitResult:
    text = url.strip(" \t\r\n")
    if len(text) > MAX_LENGTH:
        raise AddressRefused(f"the address must have at most {MAX_LENGTH} characters")
    _refuse_control_characters(text)
    try:
        text.encode()
        return urlsplit(text)
    except ValueError:
        raise AddressRefused("the address is not valid") from None


def _refuse_control_characters(text: str) -> None:
    if _CONTROL.search(text):
        raise AddressRefused("the address must not contain control characters")


def _authority(netloc: str) -> tuple[str, int | None]:
    match = _AUTHORITY.fullmatch(netloc)
    if not match:
        raise AddressRefused("the address must name a host, such as shop.example")
    ipv6, name, digits = match.groups()
    port = int(digits) if digits else None
    if port is not None and not 1 <= port <= 65535:
        raise AddressRefused("the port must be a number from 1 to 65535")
    return (_ipv6(ipv6) if ipv6 else _host_name(name)), port


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise AddressRefused("the IPv6 address is not valid") from None


def _host_name(name: str) -> str:
    host = (name if name.isascii() else _idna(name)).lower().removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("the host name is not valid")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(host)
    return host


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise AddressRefused("an IPv4 address must be four decimal numbers, such as 192.0.2.1") from None


def _idna(name: str) -> str:
    # Only names outside ASCII pay for idna's tables.
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        raise AddressRefused("the host name is not valid") from None


def _without_dot_segments(path: str) -> str:
    """Resolve `.` and `..` (RFC 3986, 5.2.4), so that robots.txt is asked about the path that is fetched."""
    segments = path.split("/")[1:]
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments and segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)

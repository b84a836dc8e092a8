# ruff: noqa: RUF001 - letters that look like others are the attack
"""One table of ways to lead a request inside: each is refused with its reason, and nobody is connected to."""

from __future__ import annotations

import httpcore
import pytest

from nightshift.outbound import AddressRefused, Deadline, GuardedHttp
from tests.integration.fetching.conftest import USER_AGENT, Names, Web

SPELLING = "four decimal numbers"
SCHEME = "must begin with http:// or https://"
USER = "user name or password"
HOST = "must name a host|host name is not valid|IPv6 address is not valid|address is not valid"
LOOPBACK = "a loopback address"
METADATA = "a link-local or metadata address"
PRIVATE = "a private address"
MAPPED = "an IPv4 address in IPv6 form"

ATTEMPTS = [
    # IPv4, spelled as resolvers take it and people do not write it
    ("http://2130706433/", SPELLING),
    ("http://3232235521/", SPELLING),
    ("http://017700000001/", SPELLING),
    ("http://0177.0.0.1/", SPELLING),
    ("http://0300.0250.0.1/", SPELLING),
    ("http://0x7f000001/", SPELLING),
    ("http://0x7f.0x0.0x0.0x1/", SPELLING),
    ("http://0xA9FEA9FE./", SPELLING),
    ("http://169.0376.43518/", SPELLING),
    ("http://127.1/", SPELLING),
    ("http://127.0.1/", SPELLING),
    ("http://0/", SPELLING),
    ("http://256.1.1.1/", SPELLING),
    ("http://1.2.3.4.5/", SPELLING),
    # addresses inside
    ("http://127.0.0.1/", LOOPBACK),
    ("http://127.255.255.254:8080/", LOOPBACK),
    ("http://127.0.0.1./", LOOPBACK),
    ("http://0.0.0.0/", "an unspecified address"),
    ("http://10.0.0.1/", PRIVATE),
    ("http://172.31.0.1/", PRIVATE),
    ("http://192.168.0.1/", PRIVATE),
    ("http://100.100.100.200/", "inside a provider's network"),
    ("http://169.254.169.254/latest/meta-data/", METADATA),
    ("http://169.254.169.254./", METADATA),
    ("http://169.254.170.2/v2/credentials", METADATA),
    ("http://168.63.129.16/", "a metadata address"),
    ("http://255.255.255.255/", "the broadcast address"),
    # IPv6, and IPv4 inside of it
    ("http://[::1]/", LOOPBACK),
    ("http://[0:0:0:0:0:0:0:1]/", LOOPBACK),
    ("http://[::]/", "an unspecified address"),
    ("http://[::ffff:127.0.0.1]/", MAPPED),
    ("http://[::ffff:7f00:1]/", MAPPED),
    ("http://[0:0:0:0:0:ffff:a9fe:a9fe]/", MAPPED),
    ("http://[::FFFF:169.254.169.254]/", MAPPED),
    ("http://[::127.0.0.1]/", MAPPED),
    ("http://[::ffff:0:127.0.0.1]/", "a reserved address"),
    ("http://[64:ff9b::127.0.0.1]/", "a NAT64 address"),
    ("http://[64:ff9b::a9fe:a9fe]/", "a NAT64 address"),
    ("http://[64:ff9b:1::10.0.0.1]/", "a NAT64 address"),
    ("http://[2002:7f00:1::]/", "a 6to4 address"),
    ("http://[2002:a9fe:a9fe::1]/", "a 6to4 address"),
    ("http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "a Teredo address"),
    ("http://[fd00:ec2::254]/latest/meta-data/", PRIVATE),
    ("http://[fe80::1]/", "a link-local address"),
    ("http://[fec0::1]/", "a site-local address"),
    ("http://[ff02::1]/", "a multicast address"),
    ("http://[::1%25lo]/", HOST),
    ("http://[fe80::1%eth0]/", HOST),
    ("http://[::1/", HOST),
    ("http://[[::1]]/", HOST),
    # letters and dots that IDNA takes for digits and dots
    ("http://①②⑦.⓪.⓪.①/", LOOPBACK),
    ("http://127。0。0。1/", LOOPBACK),
    ("http://169．254．169．254/", METADATA),
    ("http://１６９.254.169.254/", METADATA),
    ("http://127.0.0.①/", LOOPBACK),
    ("http://١٢٧.0.0.1/", HOST),
    ("http://0ｘ7f.1/", SPELLING),
    # names
    ("http://localhost/", LOOPBACK),
    ("http://LOCALHOST./", LOOPBACK),
    ("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", LOOPBACK),
    ("http://inside.example/", PRIVATE),
    ("http://inside.example./", PRIVATE),
    ("http://mixed.example/", PRIVATE),
    ("http://metadata.google.internal/computeMetadata/v1/", METADATA),
    ("http://instance-data/latest/", "a private address"),
    ("http://mapped.example/", MAPPED),
    ("http://scoped.example/", "bound to one network interface"),
    ("http://169.254.169.254../", HOST),
    ("http://.localhost/", HOST),
    ("http://local%68ost/", HOST),
    ("http://127.0.0.1%2f.shop.example/", HOST),
    ("http://127.0.0.1\\.shop.example/", HOST),
    # parts that one parser reads otherwise than the next
    ("http://shop.example@127.0.0.1/", USER),
    ("http://user:secret@shop.example/", USER),
    ("http://shop.example:80@169.254.169.254/", USER),
    ("http://127.0.0.1#@shop.example/", LOOPBACK),
    ("http://127.0.0.1?@shop.example/", LOOPBACK),
    ("http://shop.example\\@127.0.0.1/", USER),
    ("http:\\\\127.0.0.1\\", HOST),
    ("http:/127.0.0.1/", HOST),
    ("http:///127.0.0.1/", HOST),
    ("http://127.0.0.1\t/", "control characters"),
    ("http://shop.example\r\nHost: 127.0.0.1/", "control characters"),
    ("http://shop.example/\x00", "control characters"),
    # other doors of hosts that may be called, and other schemes
    ("http://shop.example:22/", "port 22 is not one of"),
    ("http://shop.example:6379/", "port 6379 is not one of"),
    ("http://shop.example:25/", "port 25 is not one of"),
    ("http://shop.example:0/", "port must be a number"),
    ("http://shop.example:65536/", "port must be a number"),
    ("http://shop.example:-80/", HOST),
    ("http://shop.example:８０/", HOST),
    ("file:///etc/passwd", SCHEME),
    ("file://shop.example/etc/passwd", SCHEME),
    ("gopher://127.0.0.1:6379/_FLUSHALL", SCHEME),
    ("dict://127.0.0.1:11211/stats", SCHEME),
    ("ftp://shop.example/", SCHEME),
    ("ldap://127.0.0.1/", SCHEME),
    ("ws://127.0.0.1/", SCHEME),
    ("data:text/html,<p>", SCHEME),
    ("javascript:alert(1)", SCHEME),
    ("jar:http://127.0.0.1!/", SCHEME),
    ("view-source:http://127.0.0.1/", SCHEME),
    ("http+unix://%2Fvar%2Frun%2Fdocker.sock/", SCHEME),
    ("//127.0.0.1/", SCHEME),
    ("127.0.0.1", SCHEME),
]  # fmt: skip
NAMES = {
    "localhost": ["127.0.0.1", "::1"],
    "inside.example": ["192.168.0.1"],
    "mixed.example": ["93.184.215.14", "10.0.0.7"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["fd00:ec2::254"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "scoped.example": ["2606:4700::1111%2"],
    "shop.example": ["93.184.215.14"],
}


@pytest.fixture
def names() -> Names:
    book = Names()
    book.answers = {host: [list(addresses)] for host, addresses in NAMES.items()}
    return book


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whom the system was asked to connect to; what is outside of this machine is not really called."""
    reached: list[str] = []
    real = httpcore.SyncBackend.connect_tcp

    def connect(backend: httpcore.SyncBackend, host: str, port: int, **options: object) -> httpcore.NetworkStream:
        reached.append(host)
        if not host.startswith("127."):
            raise httpcore.ConnectError
        return real(backend, host, port, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return reached


def get(client: GuardedHttp, url: str) -> bytes:
    with client.open(url, deadline=Deadline(5)) as answer:
        return answer.read(1000)


@pytest.mark.parametrize(("url", "reason"), ATTEMPTS)
def test_it_is_refused_with_its_reason(names: Names, connected: list[str], url: str, reason: str) -> None:
    with GuardedHttp(user_agent=USER_AGENT, resolve=names) as client, pytest.raises(AddressRefused, match=reason) as no:
        get(client, url)

    assert connected == []
    assert "secret" not in str(no.value)


# A redirect cannot be written with what a header cannot hold, and one without a host stays where it is.
SENT = [
    (url, reason)
    for url, reason in ATTEMPTS
    if url.isascii() and url.isprintable() and "://" in url and reason != LOOPBACK and ":///" not in url
]


@pytest.mark.parametrize(("location", "reason"), SENT)
def test_it_is_refused_behind_a_redirect_too(
    web: Web, names: Names, connected: list[str], location: str, reason: str
) -> None:
    # This machine is open here, as it is for nobody but the local shop: what is beside it must not become so.
    url = web.redirect("/", web.url("/again"))
    web.redirect("/again", location)

    open_here = GuardedHttp(user_agent=USER_AGENT, resolve=names, allow_loopback=True)
    with open_here as client, pytest.raises(AddressRefused, match=reason) as no:
        get(client, url)

    assert set(connected) == {"127.0.0.1"}
    assert web.paths() == ["/", "/again"]
    assert "secret" not in str(no.value)


def test_a_name_that_leads_elsewhere_once_it_was_checked_gains_nothing(
    web: Web, names: Names, connected: list[str]
) -> None:
    """The name is asked for once a connection, and what was checked is what is connected to."""
    names.answers["rebind.example"] = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1"]]
    web.page("/", lambda visit: visit.answer(302, Location="/again", Connection="close"))
    web.page("/again", lambda visit: visit.answer(200, b"inside"))

    open_here = GuardedHttp(user_agent=USER_AGENT, resolve=names, allow_loopback=True)
    with open_here as client, pytest.raises(AddressRefused, match=METADATA):
        get(client, web.url("/", "rebind.example"))

    assert (connected, web.paths()) == (["127.0.0.1"], ["/"])
    assert names.asked == ["rebind.example", "rebind.example"]

"""Where the database is: reading its address, and when the way there must be encrypted."""

from __future__ import annotations

import ssl

import pytest

from nightshift.connecting import Address, _tls
from nightshift.errors import ConfigurationError
from nightshift.platform import Platform, PlatformSettings


def test_every_part_of_an_address_is_read() -> None:
    found = Address.from_url("postgresql://night%40shift:p%2Fw%3A@DB.example:6543/shop%2D1?sslrootcert=/ca.pem")
    assert found == Address("db.example", 6543, "shop-1", "night@shift", "p/w:", "/ca.pem")


def test_what_is_left_out_has_a_default() -> None:
    assert Address.from_url("postgres://db.example/shop") == Address("db.example", 5432, "shop", "postgres", "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://u:geheim@h/d",
        "postgresql://u:geheim@h",
        "postgresql://u:geheim@h/",
        "postgresql:///d",
        "postgresql://u:geheim@h:port/d",
        "postgresql://u:geheim@h:99999/d",
        "postgresql://u:ge/heim@h/d",
        "postgresql://u:geheim@[::1/d",
        "geheim",
    ],
)
def test_an_address_of_another_form_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must look like") as caught:
        Address.from_url(url)
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_an_address_never_shows_its_password() -> None:
    assert "geheim" not in repr(Address("h", 5432, "d", "u", "geheim"))


@pytest.mark.parametrize(
    ("host", "on_this_machine"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("db.example", False),
        ("10.0.0.1", False),
        ("::2", False),
        ("0.0.0.0", False),  # noqa: S104  # not bound to, and not called without TLS
        # Names that begin like the loopback range belong to whoever registers them.
        ("127.0.0.1.example.org", False),
        ("127.example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_only_this_machine_is_called_without_tls(host: str, on_this_machine: bool) -> None:
    assert Address(host, 5432, "d", "u", "p").is_loopback is on_this_machine


def test_tls_verifies_the_certificate_and_the_name() -> None:
    context = _tls(None)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert _tls(None) is context, "made once a process"


class TestFromASecret:
    def platform(self, secret: str) -> Platform:
        platform = Platform(PlatformSettings("locks", "", "ssm:/db", "/ca", "", ""))

        class Kept:
            def __init__(self) -> None:
                self.asked: list[bool] = []

            def current(self, _reference: str, *, afresh: bool) -> str:
                self.asked.append(afresh)
                return secret

        vars(platform)["secrets"] = Kept()
        return platform

    def test_the_secret_of_rds_is_read(self) -> None:
        platform = self.platform('{"host": "h", "port": "6000", "username": "u", "password": "p", "dbname": "d"}')
        assert platform._address("DATABASE_URL", "", "ssm:/db", afresh=True) == Address("h", 6000, "d", "u", "p", "/ca")
        assert vars(platform)["secrets"].asked == [True]

    @pytest.mark.parametrize(
        "secret",
        [
            "geheim",
            "[1]",
            '"geheim"',
            "null",
            '{"host": "h"}',
            '{"password": "geheim"}',
            '{"host": null, "username": "u", "password": "geheim"}',
            '{"host": "h", "username": "u", "password": ""}',
            '{"host": "h", "username": "u", "password": "geheim", "port": "geheim"}',
        ],
    )
    def test_a_secret_of_another_form_is_refused_and_not_shown(self, secret: str) -> None:
        with pytest.raises(ConfigurationError, match="must be JSON with host") as caught:
            self.platform(secret)._address("DATABASE_URL", "", "ssm:/db", afresh=False)
        assert "geheim" not in str(caught.value)
        assert caught.value.__suppress_context__

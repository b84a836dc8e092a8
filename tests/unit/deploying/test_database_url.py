"""A connection URL becomes a secret in the form of RDS, and never shows in a message."""

from __future__ import annotations

import pytest

from deploy.guide.database_secret import fields, needs_bundle
from deploy.guide.words import GuideError


def test_a_url_gives_what_functions_read() -> None:
    assert fields(" postgresql://shop:p%40ss%2Fword@db.example:6432/shop ") == {
        "engine": "postgres",
        "host": "db.example",
        "port": 6432,
        "username": "shop",
        "password": "p@ss/word",
        "dbname": "shop",
    }


def test_the_port_is_postgresqls_unless_it_is_said() -> None:
    assert fields("postgres://shop:word@db.example/shop")["port"] == 5432


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("mysql://shop:hidden@db.example/shop", "no connection URL of PostgreSQL"),
        ("postgresql://shop@db.example/shop", "lacks password"),
        ("postgresql://shop:hidden@db.example", "lacks dbname"),
        ("postgresql://shop:hidden@db.example:port/shop", "looks like"),
        ("postgresql://shop:hidden@localhost/shop", "on this machine"),
        ("hidden", "lacks host"),
        ("", "lacks host"),
    ],
)
def test_another_is_refused_without_repeating_it(url: str, complaint: str) -> None:
    with pytest.raises(GuideError, match=complaint) as refusal:
        fields(url)

    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("shop.abc123.eu-central-1.rds.amazonaws.com", True),
        ("shop.cluster-abc123.eu-central-1.rds.amazonaws.com", True),
        ("shop.proxy-abc123.eu-central-1.rds.amazonaws.com", False),
        ("ep-cool-sun.eu-central-1.aws.neon.tech", False),
    ],
)
def test_instances_of_rds_need_its_certificates(host: str, needed: bool) -> None:
    assert needs_bundle(host) is needed

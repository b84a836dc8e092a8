"""Reads over much data may go to a replica; without one they go where all the others go."""

from __future__ import annotations

import json

import pytest

from nightshift.connecting import Address
from nightshift.errors import ConfigurationError, DatabaseUnavailable
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.support.aws import Aws
from tests.support.databases import DatabaseServer

NAME = "SELECT current_database() AS name"


def platform(**environ: str) -> Platform:
    return Platform(load(PlatformSettings, {"LOCK_TABLE": "none", **environ}))


def close(one: Platform) -> None:
    for name in ("database", "analytics"):
        if name in vars(one):
            getattr(one, name).close()


def test_without_a_replica_there_is_one_connection(postgres_url: str) -> None:
    one = platform(DATABASE_URL=postgres_url)
    assert one.analytics is one.database


def test_each_has_its_own_and_opens_it_when_it_is_asked(postgres_url: str, database_server: DatabaseServer) -> None:
    with database_server.database(migrated=False) as replica:
        one = platform(DATABASE_URL=postgres_url, ANALYTICS_DATABASE_URL=replica)
        assert one.database.read(NAME) == [{"name": postgres_url.rpartition("/")[2]}]
        assert one.analytics.round_trips == 0
        assert one.analytics.read(NAME) == [{"name": replica.rpartition("/")[2]}]
        assert (one.database.round_trips, one.analytics.round_trips) == (1, 1)
        close(one)


def test_its_secret_is_read_as_that_of_the_main_one(aws: Aws, postgres_url: str) -> None:
    main = Address.from_url(postgres_url)
    secret = {"host": main.host, "port": main.port, "username": main.user, "password": main.password}
    reference = aws.create_secret("replica", json.dumps(secret))
    one = platform(DATABASE_URL=postgres_url, ANALYTICS_DATABASE_SECRET_REF=reference)
    assert one.analytics.read(NAME) == [{"name": "postgres"}]
    close(one)


def test_a_replica_that_is_down_leaves_the_main_one_alone(postgres_url: str) -> None:
    one = platform(DATABASE_URL=postgres_url, ANALYTICS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1"):
        one.analytics.read(NAME)
    assert one.database.read(NAME)
    close(one)


def test_an_address_that_is_none_is_said_when_it_is_needed(postgres_url: str) -> None:
    one = platform(DATABASE_URL=postgres_url, ANALYTICS_DATABASE_URL="somewhere")
    assert one.database.read(NAME)
    with pytest.raises(ConfigurationError, match=r"^ANALYTICS_DATABASE_URL must look like"):
        one.analytics.read(NAME)
    close(one)

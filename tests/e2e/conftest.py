"""The whole local system for the tests in here: own state, own ports, everything real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local import sample
from local.system import LocalSystem
from tests.support import planted
from tests.support.databases import reachable_folder


@pytest.fixture(scope="module")
def state() -> Iterator[Path]:
    """A state folder that several systems of a module may use one after the other."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def local_system(state: Path) -> Iterator[LocalSystem]:
    """Everything but the clock, on free ports, with the sample shop on its first day."""
    with LocalSystem(state, in_a_hurry=True) as system:
        system.start_stores()
        system.take_port(0)
        system.start_functions()
        system.migrate()
        system.start_door()
        planted.plant_files(system.secrets)
        sample.open_shop(system, new_day=True)
        yield system


@pytest.fixture
def door(local_system: LocalSystem) -> Iterator[httpx.Client]:
    """A caller with the secret that opens every route."""
    secret = (local_system.secrets / "JobSecret").read_text()
    headers = {"X-Job-Secret": secret}
    with httpx.Client(base_url=local_system.door.url, headers=headers, timeout=60) as client:
        yield client

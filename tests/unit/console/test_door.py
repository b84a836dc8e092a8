"""Where the console sends a secret, and how it repeats what a door says."""

from __future__ import annotations

import pytest

from local.console.door import Door, DoorError


@pytest.mark.parametrize(
    "url",
    ["", "door.example", "ftp://door.example", "https://", "https://user:word@door.example", "http://door.example",
     "http://127.0.0.1.door.example", "http://[::1"],
)  # fmt: skip
def test_a_secret_goes_nowhere_but_to_a_door_behind_tls(url: str) -> None:
    with pytest.raises(DoorError):
        Door(url, "secret")


@pytest.mark.parametrize(
    "url", ["https://door.example", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2"]
)
def test_these_are_doors(url: str) -> None:
    with Door(url, "secret"):
        pass


@pytest.mark.parametrize("secret", ["", "two\nlines", "schlüssel"])
def test_a_secret_that_no_header_carries_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(DoorError) as refused:
        Door("https://door.example", secret)

    assert not secret or secret not in str(refused.value)


def test_a_door_that_is_not_there() -> None:
    with Door("http://127.0.0.1:1", "secret") as door, pytest.raises(DoorError, match="cannot be reached"):
        door.get("/api/jobs")

"""Whatever is sent that the API's description allows, or just not: no route answers what it does not describe.

schemathesis makes the requests; every one is sent with no secret, a wrong one and right ones, and to a door without any
secret. The short form is part of `make test`; `make contract` asks much more (docs/adr/0229).
"""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from api.door import Door
from api.log import log
from api.sessions import Sessions
from api.settings import load_settings
from deploy import describe
from nightshift.platform import Platform, PlatformSettings
from nightshift.settings import load
from tests.integration.api.conftest import CALLBACK_SECRET, UNSUBSCRIBE_SECRET
from tests.support import door as support
from tests.support.described import AnyCase, Sender

# The short form looks at one example of each kind, as two secrets and nobody; the long one at many, as everybody.
IS_SHORT = settings.default is not None and settings.default.derandomize
EXAMPLES = 1 if IS_SHORT else 10
# Every job has the same pages; one of them is looked at.
_PAGES_OF = "/jobs/product-checks/"
_CLOSED = "no secret configured"
SECRETS = tuple(getattr(support, f"{name}_SECRET") for name in ("JOB", "ADMIN", "READ", "WARMUP", "WEBHOOK", "SESSION"))


@pytest.fixture
def senders(real_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Sender]]:
    """Every kind of caller by its name."""
    platform = Platform(load(PlatformSettings, os.environ))
    opened = load_settings(os.environ)
    door = Door(platform, opened)
    names = [name for name in os.environ if name.endswith("_SECRET_REF")]
    closed = {name: value for name, value in os.environ.items() if name not in names}
    session = Sessions(lambda name: (getattr(support, f"{name.upper()}_SECRET"),)).open("admin", support.ADMIN_SECRET)
    proofs = {
        "nobody": {},
        "a wrong secret": {"X-Job-Secret": "wrong", "Authorization": "Bearer wrong"},
        "job": {"X-Job-Secret": support.JOB_SECRET},
        "admin": {"Authorization": f"Bearer {support.ADMIN_SECRET}"},
        "reader": {"X-Read-Secret": support.READ_SECRET},
        "warmup": {"X-Warmup-Secret": support.WARMUP_SECRET},
        "webhook": {"X-Webhook-Secret": support.WEBHOOK_SECRET},
        "a session": {"Cookie": session.partition(";")[0], "Sec-Fetch-Site": "same-origin"},
    }
    every = (*SECRETS, UNSUBSCRIBE_SECRET, CALLBACK_SECRET)
    made = {name: Sender(door, shown, every) for name, shown in proofs.items()}
    yield {**made, _CLOSED: Sender(Door(platform, load_settings(closed)), proofs["job"], every)}
    platform.database.close()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the door logs."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log().registered_formatter)
    log().addHandler(handler)
    yield stream
    logging.getLogger("api").removeHandler(handler)


def _operations() -> list[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(json.loads(describe.document()))
    found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    return [each for each in found if not each.path.startswith("/jobs/") or each.path.startswith(_PAGES_OF)]


def _asked(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[AnyCase]:
    """Requests of an operation, the same in every run of the short form."""
    cases: list[AnyCase] = []
    if mode is GenerationMode.NEGATIVE and not (operation.path_parameters or operation.query or operation.body):
        # Nothing can be wrong with a request that has nothing in it.
        return cases

    @given(operation.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def collect(case: AnyCase) -> None:
        cases.append(case)

    # Some are so free that nothing is wrong for them.
    with suppress(Unsatisfiable):
        collect()
    return cases


def _callers(number: int, senders: dict[str, Sender]) -> list[Sender]:
    if not IS_SHORT:
        return list(senders.values())
    others = [sender for name, sender in senders.items() if name != "job"]
    return [senders["job"], others[number % len(others)]]


# The long form takes some minutes.
@pytest.mark.timeout(1800)
def test_no_answer_is_one_that_is_not_described(senders: dict[str, Sender], lines: io.StringIO) -> None:
    wrong: list[str] = []
    for number, operation in enumerate(_operations()):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            for case in _asked(operation, mode):
                for sender in _callers(number, senders):
                    wrong += sender.judge(case)
    logged = lines.getvalue()

    assert not wrong, "\n".join(dict.fromkeys(wrong[:40]))
    assert "Request failed" not in logged
    assert [secret for secret in SECRETS if secret in logged] == []

"""Requests that schemathesis makes of the API's description, sent to a door, and what its answers must keep to."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.door import Door
from api.incoming import Incoming
from local.gateway_format import Asked, event
from nightshift.problems import KINDS

CHECKS: list[CheckFunction] = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Headers with which somebody proves who they are: those of the case are invented, and taken out.
_SECRET_HEADERS = [f"x-{each}-secret" for each in ("job", "read", "warmup", "webhook")]
_PROOFS = frozenset((*_SECRET_HEADERS, "authorization", "cookie", "sec-fetch-site"))
# What only a door that tells too much would write: stacks, statements, drivers, states of PostgreSQL.
_INSIDE = re.compile(
    r"Traceback|File \"[^\"]+\.py\"|\bline \d+, in \b|pg8000|botocore|boto3|nightshift\.errors"
    r"|\b(?:SELECT|INSERT INTO|UPDATE|DELETE FROM)\s+[\w*]+\s+(?:FROM|SET|WHERE|VALUES|\()|\[[0-9][0-9A-Z]{4}\]"
    r"|ResourceNotFoundException|/functions/\w+/"
)
AnyCase = Case[Any]
# No request of these waits for a run: it has as long as the door keeps back for its answer.
_TIME_LEFT_S = 2.2


@dataclass(frozen=True)
class Sender:
    """Sends cases to a door as one kind of caller."""

    door: Door
    proofs: Mapping[str, str]
    secrets: tuple[str, ...]

    def judge(self, case: AnyCase) -> Iterator[str]:
        """Send a case and yield what is wrong with the answer."""
        request = self._request(case)
        response = self._send(request)
        said = f"{request.method} {request.url} {dict(self.proofs)} -> {response.status_code}"
        text = response.content.decode() + json.dumps(dict(response.headers))
        yield from (f"{said}: {fault}" for fault in _faults(response, text))
        yield from (f"{said}: tells a secret" for secret in self.secrets if secret in text)
        try:
            case.validate_response(response, checks=CHECKS)
        except (FailureGroup, Failure) as failure:
            each = failure.exceptions if isinstance(failure, FailureGroup) else [failure]
            yield from (f"{said}: {' '.join(str(one).split())[:400]}" for one in each)

    def _request(self, case: AnyCase) -> requests.PreparedRequest:
        asked = case.as_transport_kwargs(base_url="http://door.example")
        known = {name: asked[name] for name in ("method", "url", "params", "data", "json", "files") if name in asked}
        headers = {name: value for name, value in asked["headers"].items() if name.lower() not in _PROOFS}
        return requests.Request(**known, headers={**headers, **self.proofs}).prepare()

    def _send(self, request: requests.PreparedRequest) -> Response:
        parts = urlsplit(str(request.url))
        body: Any = request.body.encode() if isinstance(request.body, str) else request.body or b""
        headers = [(name, _text(value)) for name, value in request.headers.items()]
        asked = Asked(str(request.method), parts.path, parts.query, headers, bytes(body), "192.0.2.7")
        answered = self.door.answer(Incoming.read(event(asked, "ANY /{proxy+}", {}), "fallback"), _TIME_LEFT_S)
        return Response(
            status_code=answered["statusCode"],
            headers={name: [value] for name, value in answered["headers"].items()},
            content=_content(answered),
            request=request,
            elapsed=0.0,
            verify=True,
        )


def _faults(response: Response, text: str) -> Iterator[str]:
    if response.status_code >= 500 and response.status_code != 503:
        yield "a server error"
    if match := _INSIDE.search(text):
        yield f"tells of its inside: {match[0]}"
    if response.headers.get("content-type") == ["application/problem+json"]:
        problem = json.loads(response.content)
        if problem["type"].rpartition("#")[2] not in KINDS:
            yield f"a problem of no known kind: {problem['type']}"


def _content(answered: Mapping[str, Any]) -> bytes:
    text = answered["body"]
    if not answered["isBase64Encoded"]:
        return str(text).encode()
    import gzip

    return gzip.decompress(base64.b64decode(text))


def _text(value: str | bytes) -> str:
    # As a gateway reads headers.
    return value.decode("latin-1") if isinstance(value, bytes) else value

"""Calls the door as API Gateway does, and a small domain for it to serve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from api.door import Door
from api.incoming import Incoming
from nightshift import Flag, Integer, Job, Text
from nightshift.routes import Guard, Json, Problem, Request, Response, Route, Trigger
from tests.support import planted

JOB_SECRET = planted.JOB
ADMIN_SECRET = planted.ADMIN
READ_SECRET = planted.READ
WARMUP_SECRET = planted.WARMUP
WEBHOOK_SECRET = planted.WEBHOOK
SESSION_SECRET = planted.SESSION
SOURCE_IP = "203.0.113.7"
AS_JOB = {"X-Job-Secret": JOB_SECRET}
AS_ADMIN = {"Authorization": f"Bearer {ADMIN_SECRET}"}
AS_READER = {"X-Read-Secret": READ_SECRET}

TIDY = Job("tidy-up", at_most_s=300, description="Put things back.", parameters=(Integer("limit", 1, 500), Flag("dry")))
WARM = Job(
    "warm-one",
    at_most_s=600,
    description="Warm one shelf.",
    parameters=(Text("shelf", max_length=20),),
    lock="warm:{shelf}",
)


def _echo(request: Request) -> Json:
    return {"principal": request.principal, "query": dict(request.query), "body": dict(request.body)}


def _fail(_request: Request) -> Json:
    raise RuntimeError("nobody expected this")


def _conflict(_request: Request) -> Json:
    raise Problem(409, "things have changed", kind="conflict", members={"version": 7})


def _teapot(_request: Request) -> Response:
    return Response({"success": False}, 418, {"X-Pot": "short"})


def _presented(run: Mapping[str, Any]) -> Json:
    return {"success": run["status"] != "failed", "run": run["runId"], "processed": run.get("processed")}


@dataclass(frozen=True)
class ADomain:
    """What a domain's routes module brings."""

    JOBS: Sequence[Job] = (TIDY, WARM)
    ROUTES: Sequence[Route] = (
        *(Route("GET", f"/test/{guard}", guard, _echo, f"Guarded by {guard}") for guard in Guard),
        *(Route("POST", f"/test/{guard}", guard, _echo, f"Guarded by {guard}") for guard in Guard),
        Route(
            "POST", "/test/form", Guard.OPEN, _echo, "Takes input",
            query=(Integer("page", 1, 9, default=1), Text("word", max_length=10)),
            body=(Integer("count", 1, 5), Text("name", max_length=8), Flag("loud")), required=("name",),
        ),
        Route("GET", "/test/items/{item}", Guard.ADMIN, lambda r: dict(r.path), "One",
              path_parameters=(Text("item", max_length=12),)),
        Route("GET", "/test/items/special", Guard.OPEN, lambda _: {"item": "the special one"}, "Without a placeholder"),
        Route("GET", "/test/fail", Guard.OPEN, _fail, "Fails"),
        Route("POST", "/test/fail", Guard.JOB, _fail, "Fails"),
        Route("POST", "/test/conflict", Guard.JOB, _conflict, "Refuses"),
        Route("GET", "/test/teapot", Guard.OPEN, _teapot, "Answers in its own form"),
    )  # fmt: skip
    TRIGGERS: Sequence[Trigger] = (
        Trigger("/test/tidy-and-wait", TIDY, Guard.ADMIN, "Waits by itself", waits_s=5, present=_presented),
        Trigger("/api/jobs/warm-one", WARM, Guard.WARMUP, "Start warm-one"),
    )


JOBS = json.dumps(
    {
        "tidy-up": {"function": "tidy-lambda", "schedule": "rate(30 minutes)", "zone": "UTC", "enabled": True},
        "warm-one": {"function": "warm-lambda", "schedule": None, "zone": "UTC", "enabled": False},
    }
)


@dataclass(frozen=True)
class Answer:
    """What the door answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Any = field(repr=False)

    @property
    def fields(self) -> set[str]:
        """The fields that a problem names."""
        return {error.get("field", "") for error in self.body.get("errors", ())}


def event(  # noqa: PLR0917  # what an event has, all by name
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    query: Mapping[str, Any] | str = "",
    request_id: str = "request-1",
    cookies: Sequence[str] = (),
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A payload 2.0 event; a body that is no string is sent as JSON, a form as a page sends it."""
    sent = dict(headers or {})
    if body is not None and not isinstance(body, str):
        body = json.dumps(body)
        sent.setdefault("Content-Type", "application/json")
    if form is not None:
        body = urlencode(form)
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
    return {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": query if isinstance(query, str) else urlencode(query),
        "headers": sent,
        "requestContext": {"requestId": request_id, "http": {"method": method, "path": path, "sourceIp": SOURCE_IP}},
        "isBase64Encoded": False,
        **({"cookies": list(cookies)} if cookies else {}),
        **({"body": body} if body is not None else {}),
    }


@dataclass(frozen=True)
class Caller:
    """Calls one door."""

    door: Door

    def __call__(self, method: str, path: str, headers: Mapping[str, str] | None = None, **sent: Any) -> Answer:
        return self.send(event(method, path, headers, **sent))

    def send(self, raw: Any, time_left_s: float = 30.0) -> Answer:
        """Hand an event over as it is."""
        answered = self.door.answer(Incoming.read(raw, "fallback"), time_left_s)
        text = answered["body"]
        is_json = text and "json" in answered["headers"]["Content-Type"]
        return Answer(answered["statusCode"], answered["headers"], text, json.loads(text) if is_json else None)

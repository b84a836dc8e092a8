"""A server of language models for tests: real HTTP on 127.0.0.1, in the protocols of OpenAI and of Bedrock's converse.

It stands in for services that no test may call; what it sends was written after their public documentation.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

MEANING = "This is a drink that people search for when the weather is right for it."
PEAK = "Interest was highest here, most likely because of the season."


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The JSON object that describes the comparison."""
        message = self.body["messages"][-1]["content"]
        parsed: dict[str, Any] = json.loads(message if isinstance(message, str) else message[0]["text"])
        return parsed

    @property
    def instructions(self) -> str:
        """What we say ourselves."""
        system = self.body.get("system")
        return str(system[0]["text"] if system else self.body["messages"][0]["content"])


@dataclass(frozen=True)
class Says:
    """An answer of the model: an object, text as it is, or a function of the request."""

    answer: Any
    input_tokens: Any = 900
    output_tokens: Any = 300
    finish: str = "stop"
    # Spaces before the answer.
    padding: int = 0


@dataclass(frozen=True)
class Fails:
    """An HTTP error, or any other body that is no answer of a model."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


class Hangs:
    """No answer before the test ends."""


class Trickles:
    """A byte at a time, each well before any time-out, without end."""


class HangsUp:
    """The connection ends in the middle of the answer."""


def good(asked: Asked) -> dict[str, Any]:
    """Explain both terms and every peak."""
    return {name: _term(asked.data[name]) for name in ("first", "second")}


def _term(described: dict[str, Any]) -> dict[str, Any]:
    peaks = [{"date": peak["date"], **_says(PEAK, 0.4, guess=True)} for peak in described["peaks"]]
    return {"meaning": _says(MEANING, 0.8), "peaks": peaks}


def _says(text: str, confidence: float, *, guess: bool = False) -> dict[str, Any]:
    return {"text": text, "confidence": confidence, "guess": guess}


Script = Says | Fails | Hangs | Trickles | HangsUp


@dataclass
class ModelServer:
    """`answers` are given one after the other, then `always`; `asked` holds every request."""

    url: str = ""
    answers: list[Script] = field(default_factory=list)
    always: Script = field(default_factory=lambda: Says(good))
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closing: threading.Event = field(default_factory=threading.Event)
    # Called with each request before it is answered.
    before: Callable[[Asked], object] | None = None

    def next(self, asked: Asked) -> Script:
        """Take the answer for a request."""
        with self.lock:
            self.asked.append(asked)
            return self.answers.pop(0) if self.answers else self.always


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Serve models on a free port until the block ends."""
    server = ModelServer()

    class Handler(_Handler):
        served = server

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        http.shutdown()
        http.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: ModelServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(unquote(self.path), headers, body)
        if self.served.before:
            self.served.before(asked)
        script = self.served.next(asked)
        try:
            self._play(script, asked)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def _play(self, script: Script, asked: Asked) -> None:
        match script:
            case Says():
                self._send(200, b" " * script.padding + json.dumps(_envelope(script, asked)).encode())
            case Fails():
                self._send(script.status, script.body or {}, script.headers)
            case Hangs():
                self.served.closing.wait(60)
                self.close_connection = True
            case Trickles():
                self._trickle()
            case HangsUp():
                self._begin(200, {"Content-Length": "1000"})
                self.wfile.write(b'{"choices": ')
                self.close_connection = True

    def _trickle(self) -> None:
        self._begin(200, {"Content-Length": "100000"})
        while not self.served.closing.wait(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()
        self.close_connection = True

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._begin(status, {"Content-Type": "application/json", "Content-Length": str(len(raw)), **(headers or {})})
        self.wfile.write(raw)

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _envelope(says: Says, asked: Asked) -> dict[str, Any]:
    answer = says.answer(asked) if callable(says.answer) else says.answer
    if asked.path.endswith("/converse"):
        return _of_bedrock(says, answer, with_tool="toolConfig" in asked.body)
    text = answer if isinstance(answer, str) else json.dumps(answer)
    usage = {"prompt_tokens": says.input_tokens, "completion_tokens": says.output_tokens}
    message = {"role": "assistant", "content": text}
    return {"choices": [{"index": 0, "message": message, "finish_reason": says.finish}], "usage": usage}


def _of_bedrock(says: Says, answer: Any, *, with_tool: bool) -> dict[str, Any]:
    if with_tool:
        content: dict[str, Any] = {"toolUse": {"toolUseId": "t1", "name": "explanations", "input": answer}}
    else:
        content = {"text": answer if isinstance(answer, str) else json.dumps(answer)}
    return {
        "output": {"message": {"role": "assistant", "content": [content]}},
        "stopReason": "tool_use" if with_tool else "end_turn",
        "usage": {
            "inputTokens": says.input_tokens,
            "outputTokens": says.output_tokens,
            "totalTokens": says.input_tokens + says.output_tokens,
        },
        "metrics": {"latencyMs": 1},
    }

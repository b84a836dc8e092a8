"""A Slack webhook for tests: real HTTP on 127.0.0.1, which refuses what Slack refuses, as Slack does."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tests.support import planted

TOKEN: Final = planted.SLACK_TOKEN
# What may stand between < and > in a text that we write: a link of our own, and a date.
_OURS: Final = re.compile(r"<(https?://[^<>|\s]+\|[^<>|]+|!date\^\d+\^[^<>|]+\|[^<>|]+)>")
_BLOCKS, _TEXT, _FIELDS, _FIELD, _ELEMENTS = 50, 3000, 10, 2000, 10


@dataclass(frozen=True)
class Answer:
    """What the webhook says to one message; `hangs_up` says nothing at all."""

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs_up: bool = False


@dataclass
class SlackDouble:
    """One channel; `answers` may hold what the next messages are told, `taken` has what was accepted."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    @property
    def texts(self) -> list[str]:
        """The plain text of each message that was taken."""
        return [message["text"] for message in self.taken]


def fault(message: Any) -> str:
    """Return the word with which Slack refuses a message, empty where it takes it."""
    if not isinstance(message, dict):
        return "invalid_payload"
    text = message.get("text")
    if not isinstance(text, str) or not text.strip():
        return "no_text"
    if not _is_escaped(text) or len(text) > 4000:
        return "invalid_payload"
    blocks = message.get("blocks", [])
    return "" if len(blocks) <= _BLOCKS and all(map(_is_block, blocks)) else "invalid_blocks"


def _is_block(block: Any) -> bool:
    if block.keys() == {"type", "elements"} and block["type"] == "context":
        return 1 <= len(block["elements"]) <= _ELEMENTS and all(_is_text(each, _TEXT) for each in block["elements"])
    if block["type"] != "section" or block.keys() - {"type", "text", "fields"}:
        return False
    fields = block.get("fields", [])
    has_room = "fields" not in block or 1 <= len(fields) <= _FIELDS
    return has_room and _is_text(block["text"], _TEXT) and all(_is_text(each, _FIELD) for each in fields)


def _is_text(element: Any, longest: int) -> bool:
    is_whole = element.keys() <= {"type", "text", "verbatim"} and element["type"] == "mrkdwn"
    return is_whole and 1 <= len(element["text"]) <= longest and _is_escaped(element["text"])


def _is_escaped(text: str) -> bool:
    bare = _OURS.sub("", text)
    return not re.search(r"[<>]|&(?!(amp|lt|gt);)", bare)


@contextmanager
def slack_double() -> Iterator[SlackDouble]:
    """Answer on a free port until the block ends."""
    double = SlackDouble()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            double.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = double.answers.pop(0) if double.answers else Answer()
            if self.path != f"/services/{TOKEN}":
                answer = Answer(404, "no_service")
            elif answer.status == 200 and (wrong := _wrong(self.headers["Content-Type"], body)):
                answer = Answer(400, wrong)
            elif answer.status == 200:
                double.taken.append(json.loads(body))
            if answer.hangs_up:
                self.close_connection = True
                return
            said = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(said)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    double.url = f"http://127.0.0.1:{server.server_port}/services/{TOKEN}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wrong(content_type: str, body: bytes) -> str:
    if not content_type.startswith("application/json"):
        return "invalid_payload"
    try:
        return fault(json.loads(body))
    except ValueError:
        return "invalid_payload"

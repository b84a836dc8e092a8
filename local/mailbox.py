"""A stand-in for SES: takes mails as SESv2 does (SendEmail with a raw message) and keeps them as files to look at.

Of each mail `mails/` gets the message itself (.eml), its HTML and its text; nothing leaves this machine.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from local.http_server import RequestHandler, Server, TooLargeError

_PATH: Final = "/v2/email/outbound-emails"
_MAX_BYTES: Final = 14 * 1024 * 1024  # SES takes 10 MB, which base64 makes a third larger
_KEPT: Final = 200  # mails on disk; the oldest go first


@dataclass(frozen=True)
class Mail:
    """One mail that was sent."""

    to: tuple[str, ...]
    message: EmailMessage = field(repr=False)
    content: bytes = field(repr=False)
    tags: dict[str, str]
    configuration_set: str = ""
    # Its HTML as a file to open in a browser, where mails are kept in a folder.
    page: Path | None = None

    @property
    def subject(self) -> str:
        """Its subject, decoded."""
        return str(self.message["Subject"])

    def part(self, kind: str) -> str:
        """Its HTML (`html`) or its text (`plain`)."""
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part is not None else ""


class RefusedError(Exception):
    """SES would not take this mail: its error code, message and HTTP status."""

    def __init__(self, code: str, message: str = "", status: int = 400) -> None:
        self.code = code
        self.message = message
        self.status = status
        super().__init__(f"{code}: {message}")


class Mailbox:
    """Takes mails at `endpoint` from `start` to `stop`; `mails` has those of this time, the folder also older ones."""

    def __init__(self, folder: Path | None = None) -> None:
        """Without a folder, mails are kept in memory alone."""
        self.mails: list[Mail] = []
        self._folder = folder
        self._turn = threading.Lock()
        self._server = Server(self._handler())

    @property
    def endpoint(self) -> str:
        """What AWS_ENDPOINT_URL_SESV2 should say."""
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Answers from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answers no more."""
        self._server.stop()

    def take(self, mail: Mail) -> None:
        """Keeps a mail.

        Raises:
            RefusedError: it is not taken (never raised here; stand-ins with a will of their own override this).
        """
        with self._turn:
            page = _write(self._folder, mail) if self._folder is not None else None
            self.mails.append(replace(mail, page=page))

    def _handler(self) -> type[RequestHandler]:
        mailbox = self

        class Handler(RequestHandler):
            def do_POST(self) -> None:
                try:
                    mailbox.take(read(self.path, self.read_body(_MAX_BYTES)))
                except TooLargeError:
                    self._refuse(RefusedError("BadRequestException", "the message is too large", 413))
                except RefusedError as refused:
                    self._refuse(refused)
                else:
                    self._say(200, {"MessageId": str(uuid4())}, [])

            def _refuse(self, refused: RefusedError) -> None:
                self._say(refused.status, {"message": refused.message}, [("x-amzn-ErrorType", refused.code)])

            def _say(self, status: int, body: dict[str, str], headers: list[tuple[str, str]]) -> None:
                self.answer(status, json.dumps(body).encode(), [("Content-Type", "application/json"), *headers])

        return Handler


def read(path: str, content: bytes) -> Mail:
    """Reads a SendEmail request.

    Raises:
        RefusedError: it is none that SES would take.
    """
    if path != _PATH:
        raise RefusedError("NotFoundException", f"nothing at {path}", HTTPStatus.NOT_FOUND)
    try:
        asked: dict[str, Any] = json.loads(content)
        raw = base64.b64decode(asked["Content"]["Raw"]["Data"], validate=True)
        to = tuple(asked["Destination"]["ToAddresses"])
        tags = {tag["Name"]: tag["Value"] for tag in asked.get("EmailTags", [])}
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise RefusedError("BadRequestException", f"not a raw message ({type(error).__name__})") from None
    wrong = [text for pair in tags.items() for text in pair if not re.fullmatch(r"[A-Za-z0-9_.@-]{1,256}", text)]
    if wrong or not to:
        raise RefusedError("BadRequestException", "no recipient" if not to else f"not a tag: {wrong[0]}")
    message = message_from_bytes(raw, policy=policy.default)
    return Mail(to, message, raw, tags, asked.get("ConfigurationSetName", ""))


def _write(folder: Path, mail: Mail) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    numbers = sorted(int(file.name.partition("-")[0]) for file in folder.glob("*.eml"))
    name = f"{(numbers[-1] if numbers else 0) + 1:05}-{re.sub(r'[^A-Za-z0-9.@-]', '_', mail.to[0])[:80]}"
    page = folder / f"{name}.html"
    page.write_text(mail.part("html"), "utf-8")
    (folder / f"{name}.txt").write_text(mail.part("plain"), "utf-8")
    (folder / f"{name}.eml").write_bytes(mail.content)
    for number in numbers[: max(0, len(numbers) + 1 - _KEPT)]:
        for file in folder.glob(f"{number:05}-*"):
            file.unlink()
    return page

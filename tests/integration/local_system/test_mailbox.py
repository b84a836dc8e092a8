"""The mailbox that stands in for SES: what boto3 sends is there as files; what SES would not take is refused."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local.aws import client
from local.mailbox import Mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path / "mails")
    box.start()
    yield box
    box.stop()


def send(box: Mailbox, to: str = "ada@example.com", tag: str = "digest") -> str:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "news@shop.example", to, "Prices fell ✨"
    message.set_content("Hello")
    message.add_alternative("<p>Hello ✨</p>", subtype="html")
    answer = client("sesv2", box.endpoint).send_email(
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": message.as_bytes()}},
        EmailTags=[{"Name": "type", "Value": tag}],
    )
    return str(answer["MessageId"])


def test_a_mail_is_kept_as_files_to_open(mailbox: Mailbox, tmp_path: Path) -> None:
    assert send(mailbox)
    (mail,) = mailbox.mails

    assert (mail.to, mail.subject, mail.tags) == (("ada@example.com",), "Prices fell ✨", {"type": "digest"})
    assert sorted(file.name for file in (tmp_path / "mails").iterdir()) == [
        "00001-ada@example.com.eml", "00001-ada@example.com.html", "00001-ada@example.com.txt"
    ]  # fmt: skip
    assert mail.page is not None
    assert mail.page.read_text("utf-8").strip() == "<p>Hello ✨</p>"


def test_an_address_cannot_lead_out_of_the_folder(mailbox: Mailbox, tmp_path: Path) -> None:
    send(mailbox, "../../evil/@x.example")

    assert {file.parent for file in tmp_path.rglob("*.eml")} == {tmp_path / "mails"}


def test_the_oldest_mails_go_first(mailbox: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.mailbox._KEPT", 2)
    for _ in range(4):
        send(mailbox)

    assert sorted(file.name[:5] for file in tmp_path.rglob("*.eml")) == ["00003", "00004"]


def test_what_ses_would_not_take_is_refused(mailbox: Mailbox) -> None:
    with pytest.raises(ClientError, match="BadRequestException"):
        send(mailbox, tag="no spaces here")
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/v2/email/outbound-emails", b"{}", 400), ("/v2/email/outbound-emails", b"x", 400), ("/elsewhere", b"{}", 404)],
)
def test_what_is_no_mail_is_refused(mailbox: Mailbox, path: str, body: bytes, status: int) -> None:
    request = urllib.request.Request(mailbox.endpoint + path, body, method="POST")  # noqa: S310  # ours
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    with caught.value as refused:
        assert refused.code == status
        assert json.loads(refused.read())["message"]

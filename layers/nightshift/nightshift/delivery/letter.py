"""A mail as SES takes it: the MIME message with its headers. Header values cannot break out of their line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nightshift.delivery.rendering import Rendered

if TYPE_CHECKING:
    from email.message import EmailMessage

MAIL_ID_HEADER: Final = "X-Nightshift-Mail"
# Folding at 78 characters would cut unsubscribe addresses into encoded words; RFC 5322 allows lines up to 998.
_HEADER_LENGTH: Final = 998


@dataclass(frozen=True)
class Letter:
    """One mail, ready to be sent."""

    to: str
    content: bytes
    tags: Mapping[str, str]


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, and how the reader ends it."""

    mail_id: str
    sender_name: str
    sender: str
    to: str
    unsubscribe_url: str
    reply_to: str = ""


def write(envelope: Envelope, rendered: Rendered, tags: Mapping[str, str]) -> Letter:
    """Build the message: plain text and HTML, with one-click unsubscribe (RFC 8058) and the id of its batch.

    Raises:
        ValueError: a header holds what no header may, such as a line break.
    """
    from email import policy
    from email.headerregistry import Address
    from email.message import EmailMessage

    message: EmailMessage = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(_as_it_is(envelope.sender_name), addr_spec=envelope.sender)
    message["To"] = Address(addr_spec=envelope.to)
    if envelope.reply_to:
        message["Reply-To"] = Address(addr_spec=envelope.reply_to)
    message["Subject"] = _as_it_is(rendered.subject)
    message["List-Unsubscribe"] = f"<{envelope.unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message[MAIL_ID_HEADER] = envelope.mail_id
    if broken := [name for name, value in message.items() if {"\r", "\n"} & set(value)]:
        raise ValueError(f"{', '.join(broken)} would hold a line break")
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    content = message.as_bytes(policy=policy.SMTP.clone(max_line_length=_HEADER_LENGTH))
    return Letter(envelope.to, content, tags)


def _as_it_is(text: str) -> str:
    """Return text that a header takes for itself.

    The standard library decodes what looks like an encoded word (RFC 2047) when a header is set, and Python 3.11 writes
    the line breaks out that were hidden in it: a product's name could add a header.
    """
    return text.replace("=?", "= ?")

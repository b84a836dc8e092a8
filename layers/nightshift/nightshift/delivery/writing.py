"""From a mail in flight to a letter: the digest, rendered for its reader, with links that end it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nightshift.delivery import unsubscribe
from nightshift.delivery.digest import Digest, clean, compose
from nightshift.delivery.letter import Envelope, Letter, write
from nightshift.delivery.outbox import Begun
from nightshift.delivery.post import NotSent
from nightshift.delivery.rendering import Reader, render
from nightshift.delivery.settings import MailSettings, is_address
from nightshift.delivery.unsubscribe import Subscription
from nightshift.delivery.verdicts import Verdict

if TYPE_CHECKING:
    from nightshift.secrets import Secrets


class Writer:
    """Writes the letters of one run."""

    def __init__(self, settings: MailSettings, secrets: Secrets) -> None:
        """Read the secret of the unsubscribe links.

        Raises:
            ConfigurationError: there is none, or it is too short; mail without such a link is not sent.
        """
        self._settings = settings
        self._secret = secrets.current(settings.unsubscribe_secret_ref)
        unsubscribe.token(Subscription(1, "all"), self._secret)

    def write(self, begun: Begun) -> Letter:
        """Return the letter of a mail that has been checked again.

        Raises:
            NotSent: the address is none.
        """
        address = begun.address.strip()
        if not is_address(address):
            raise NotSent(Verdict.PERMANENT, "the address is not one that mail can be sent to")
        digest = compose(begun.notices, begun.things)
        if digest is None:
            raise ValueError("a mail without a single item")
        links = self._links(begun.user_id, digest)
        rendered = render(digest, self._reader(begun, links), begun.at or datetime.now(UTC))
        envelope = Envelope(
            begun.mail_id,
            self._settings.shop_name,
            self._settings.mail_from,
            address,
            links["all"],
            self._settings.reply_to,
        )
        kinds = "-".join(sorted(begun.told or ()))
        return write(envelope, rendered, {"mail": begun.mail_id, "type": "digest", "kinds": kinds or "none"})

    def _reader(self, begun: Begun, links: dict[str, str]) -> Reader:
        settings = self._settings
        return Reader(
            locale=begun.locale,
            name=clean(begun.name, 60),
            zone=settings.zone,
            shop_name=settings.shop_name,
            shop_url=settings.shop_url,
            unsubscribe=links,
        )

    def _links(self, user_id: int, digest: Digest) -> dict[str, str]:
        """Return the address for each list: all mail, and either part of a mail that has both."""
        lists = ("all", "price", "stock") if digest.prices and digest.stocks else ("all",)
        links = dict.fromkeys(unsubscribe.LISTS, "")
        for name in lists:
            token = unsubscribe.token(Subscription(user_id, name), self._secret)
            links[name] = f"{self._settings.public_url.rstrip('/')}/u/{token}"
        return links

"""Sends through SESv2: one request a mail, and never a second one behind our back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final

from nightshift.delivery.letter import Letter
from nightshift.delivery.verdicts import Verdict, verdict_of
from nightshift.errors import NightshiftError

CONNECT_TIMEOUT_S: Final = 3
ANSWER_TIMEOUT_S: Final = 10
# 503: the request was turned away at the door.
_UNAVAILABLE: Final = 503


class NotSent(NightshiftError):
    """A mail was not sent, or nobody knows whether it was; `verdict` tells."""

    def __init__(self, verdict: Verdict, said: str) -> None:
        self.verdict = verdict
        super().__init__(said)


class Post:
    """SES, as one run uses it."""

    def __init__(self, configuration_set: str = "", client: Callable[[], Any] | None = None) -> None:
        """Take the name of a configuration set (empty: none)."""
        self._configuration_set = configuration_set
        self._make_client = client or _client

    @cached_property
    def _client(self) -> Any:
        return self._make_client()

    def send(self, letter: Letter) -> str:
        """Send a mail and return the id that SES gave it.

        Raises:
            NotSent: with what is to be done; its text names the error and never the address.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return str(self._client.send_email(**self._request(letter))["MessageId"])
        except ClientError as error:
            raise _refusal(error) from None
        except BotoCoreError as error:
            raise NotSent(_unanswered(error), type(error).__name__) from None
        except Exception as error:  # noqa: BLE001  # whatever it is, the mail may be on its way
            raise NotSent(Verdict.DOUBTFUL, type(error).__name__) from None

    def _request(self, letter: Letter) -> dict[str, Any]:
        # Sender and answer address are in the message's own headers.
        request: dict[str, Any] = {
            "Destination": {"ToAddresses": [letter.to]},
            "Content": {"Raw": {"Data": letter.content}},
            "EmailTags": [{"Name": name, "Value": value} for name, value in letter.tags.items()],
        }
        if self._configuration_set:
            request["ConfigurationSetName"] = self._configuration_set
        return request


def _refusal(error: Any) -> NotSent:
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if status == _UNAVAILABLE:
        return NotSent(Verdict.THROTTLED, code or str(status))
    return NotSent(verdict_of(code, message, status), code or f"HTTP {status}")


def _unanswered(error: Exception) -> Verdict:
    """Return what a missing answer means: where not even a connection came about, nothing was sent."""
    from botocore import exceptions as boto

    never_sent = (
        boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError, boto.SSLError,
        boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError, boto.NoRegionError,
    )  # fmt: skip
    if isinstance(error, never_sent):
        return Verdict.STOPPED
    return Verdict.REFUSED if isinstance(error, boto.ParamValidationError) else Verdict.DOUBTFUL


def _client() -> Any:
    import boto3
    from botocore.config import Config

    # The SDK's own retries would send a mail again whose answer was lost. A client for each run, because a connection
    # that was kept while the process was frozen may be dead, and its first mail would be doubtful.
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=ANSWER_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
    make: Any = boto3.client
    return make("sesv2", config=config)

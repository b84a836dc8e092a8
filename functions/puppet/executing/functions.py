"""Carries jobs out by Lambda functions: invoked by name, waited for, and never a second time behind our back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from puppet.executing import Answer
from puppet.executing.answers import MAX_ANSWER_BYTES, parsed, read_answer
from puppet.executing.requests import Requests
from puppet.failures import ErrorType, Failure, failure, of_status, type_of
from puppet.store import ClaimedJob

CONNECT_TIMEOUT_S: Final = 5
# What Lambda itself says of a function that did not end, by the name of the error.
_TIMED_OUT: Final = frozenset({"Sandbox.Timedout", "Sandbox.TimedOut"})
# Refusals whose HTTP status says less than their name.
_BY_CODE: Final[Mapping[str, ErrorType]] = {
    "AccessDeniedException": ErrorType.AUTHENTICATION,
    "ExpiredTokenException": ErrorType.AUTHENTICATION,
    "IncompleteSignatureException": ErrorType.AUTHENTICATION,
    "InvalidSignatureException": ErrorType.AUTHENTICATION,
    "UnrecognizedClientException": ErrorType.AUTHENTICATION,
    "ThrottlingException": ErrorType.RATE_LIMIT,
    "TooManyRequestsException": ErrorType.RATE_LIMIT,
}


class LambdaFunctions:
    """The functions that carry out jobs, through one client for all threads of a run."""

    def __init__(self, requests: Requests, longest_s: float, connections: int) -> None:
        """Take how long an answer may take at most, and how many may be awaited at once."""
        self._requests = requests
        self._client = _client(longest_s, connections)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def execute(self, function: str, job: ClaimedJob, _timeout_s: float) -> Answer:
        """Let a function carry a job out. The client's own time-out ends the wait, for a short one its watcher does."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.invoke(
                FunctionName=function, InvocationType="RequestResponse", Payload=self._requests.body_of(job)
            )
            content = answer["Payload"].read(MAX_ANSWER_BYTES + 1)
        except ClientError as error:
            return _refusal(error)
        except BotoCoreError as error:
            return _unanswered(error)
        if len(content) > MAX_ANSWER_BYTES:
            return failure(ErrorType.UNKNOWN, f"the answer is larger than {MAX_ANSWER_BYTES} bytes", retryable=False)
        body = parsed(content)
        return _broken(body) if answer.get("FunctionError") else _read(body)


def _read(body: Any) -> Answer:
    """Read what a function returned: an HTTP answer (`statusCode`, `headers`, `body`), or the body alone."""
    if not isinstance(body, Mapping) or type(body.get("statusCode")) is not int:
        return read_answer(200, body)
    inner = body.get("body")
    headers = body.get("headers")
    named = {str(name).lower(): value for name, value in headers.items()} if isinstance(headers, Mapping) else {}
    from nightshift.outbound.retry_after import retry_after_s

    waited = named.get("retry-after")
    return read_answer(
        body["statusCode"],
        parsed(inner) if isinstance(inner, str) else inner,
        retry_after_s(str(waited)) if waited is not None else None,
    )


def _broken(body: Any) -> Failure:
    """Return what an exception of the function, or its end, means: what it did before is not known."""
    told = body if isinstance(body, Mapping) else {}
    name = told.get("errorType")
    type_ = ErrorType.TIMEOUT if name in _TIMED_OUT else type_of(name) or ErrorType.UNKNOWN
    said = told.get("errorMessage")
    return failure(type_, f"the function failed ({name or 'without a word'})" + (f": {said}" if said else ""))


def _refusal(error: Any) -> Failure:
    told = error.response.get("Error", {})
    code = str(told.get("Code", ""))
    by_status, is_retryable = of_status(int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)))
    type_ = _BY_CODE.get(code, by_status)
    message = f"Lambda refused the invocation ({code})"
    return failure(type_, message, retryable=None if code in _BY_CODE else is_retryable, untouched=True)


def _unanswered(error: Exception) -> Failure:
    from botocore import exceptions as boto

    said = f"Lambda did not answer ({type(error).__name__})"
    if isinstance(error, boto.ReadTimeoutError):
        return failure(ErrorType.TIMEOUT, said)
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError):
        return failure(ErrorType.AUTHENTICATION, said, untouched=True)
    if isinstance(error, boto.ParamValidationError):
        return failure(ErrorType.VALIDATION, said, untouched=True)
    never_sent = isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError | boto.SSLError)
    return failure(ErrorType.NETWORK, said, untouched=never_sent)


def _client(longest_s: float, connections: int) -> Any:
    import boto3
    from botocore.config import Config

    # The SDK's own retries would carry a job out again whose answer was lost.
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=longest_s,
        retries={"mode": "standard", "total_max_attempts": 1},
        max_pool_connections=connections,
        tcp_keepalive=True,
    )
    make: Any = boto3.client
    return make("lambda", config=config)

"""What AWS answers when something is wrong, in words that say what to do."""

from __future__ import annotations

from typing import Any, Final

from deploy.guide.answers import AnswersError
from deploy.guide.parameters import ParametersError
from deploy.smoke import SmokeError


class GuideError(Exception):
    """Deploying cannot go on; the message says why and what would help."""


OURS: Final = (GuideError, AnswersError, ParametersError, SmokeError)

_EXPIRED: Final = (
    "The AWS credentials have expired. Get new ones (aws sso login, or as usual with you), and call this again"
)
_UNKNOWN: Final = (
    "AWS does not know these credentials: is the key right, still active, and complete? "
    "`aws sts get-caller-identity` shows who you are"
)
_CODES: Final = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": "The clock of this machine is wrong, or the credentials have expired",
    "InvalidClientTokenId": _UNKNOWN,
    "UnrecognizedClientException": _UNKNOWN,
    "InvalidSignatureException": _UNKNOWN,
    "SignatureDoesNotMatch": _UNKNOWN,
    "AuthFailure": _UNKNOWN,
    "OptInRequired": "This account may not use the service yet: finish signing up for AWS",
}
_DENIED: Final = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_EXCEPTIONS: Final = {
    "NoCredentialsError": (
        "There are no AWS credentials here. `aws configure sso` or `aws configure` stores some; "
        "AWS_PROFILE=name picks those of a profile"
    ),
    "PartialCredentialsError": "The AWS credentials are incomplete: a key needs its secret",
    "ProfileNotFound": "AWS_PROFILE names a profile that ~/.aws/config does not have",
    "NoRegionError": "No region is set: AWS_REGION=eu-central-1 make deploy, or `aws configure set region …`",
    "InvalidRegionError": "AWS_REGION is no region: it looks like eu-central-1",
    "UnauthorizedSSOTokenError": "The sign-in has expired: `aws sso login`, and call this again",
    "SSOTokenLoadError": "The sign-in has expired: `aws sso login`, and call this again",
    "TokenRetrievalError": "The sign-in has expired: `aws sso login`, and call this again",
    "EndpointConnectionError": "AWS cannot be reached from here: is there a network, a proxy, and such a region?",
    "ConnectTimeoutError": "AWS cannot be reached from here: is there a network, a proxy, and such a region?",
    "ConnectionClosedError": "AWS cannot be reached from here: is there a network, a proxy, and such a region?",
}


def explained(error: Exception) -> str:
    """Return what a person can do about an error of AWS's library, or of ours; raise it again when it is neither."""
    if isinstance(error, OURS):
        return str(error)
    answer: Any = getattr(error, "response", None)
    if isinstance(answer, dict) and "Error" in answer:
        return _answered(answer["Error"])
    for kind in type(error).__mro__:
        if kind.__name__ in _EXCEPTIONS and kind.__module__.startswith("botocore"):
            return _EXCEPTIONS[kind.__name__]
    raise error


def _answered(error: dict[str, str]) -> str:
    code, message = error.get("Code", ""), error.get("Message", "")
    if code in _DENIED:
        return f"These credentials may not do that: {message}"
    return _CODES.get(code) or f"AWS says {code}: {message}"


# What is to be done with a stack before it can be deployed; a state that is not here is fine.
_BLOCKED: Final = {
    "ROLLBACK_COMPLETE": (
        "the first deployment failed, and AWS keeps the empty stack, which cannot be deployed again. "
        "`make destroy` removes it (it holds nothing); then call this again"
    ),
    "ROLLBACK_FAILED": (
        "the first deployment failed and was not taken back. Look at its events in the console, then `make destroy`"
    ),
    "DELETE_FAILED": "it could not be removed. Look at its events in the console, then `make destroy` once more",
    "UPDATE_ROLLBACK_FAILED": (
        "the last update could not be taken back. In the console: Stack actions, Continue update rollback"
    ),
}


def blocked(stack: str, status: str) -> str:
    """Return why a stack in this state cannot be deployed now, or nothing when it can."""
    if status in _BLOCKED:
        return f"Stack {stack} is in {status}: {_BLOCKED[status]}."
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        return f"Stack {stack} is in {status}: another deployment is under way. Wait for its end and call this again."
    return ""


# Parts of the reasons that CloudFormation gives, and what lies behind them.
_HINTS: Final = (
    (
        ("timed out", "Timeout", "failed to respond", "did not respond"),
        (
            "The functions may not reach what they need: subnets need a NAT or endpoints, and the database's security "
            "group must let theirs in on its port"
        ),
    ),
    (
        ("cannot connect to PostgreSQL",),
        (
            "The database does not answer the functions: are host and port in its secret right, do its security group "
            "and firewall let them in, and does it have to be reached from a VPC?"
        ),
    ),
    (
        ("certificate", "CERTIFICATE_VERIFY_FAILED"),
        "The database's certificate is signed by nobody known: RDS needs its bundle (docs/deploy.md, DatabaseCaFile)",
    ),
    (
        ("already exists",),
        "Something of that name is there already, left by an older stack: remove it, or take another STACK",
    ),
    (("not authorized", "AccessDenied"), "Whoever deploys lacks a permission, or a boundary forbids it"),
    (
        ("ReservedConcurrentExecutions", "UnreservedConcurrentExecution"),
        "The account's concurrency is too small for a reservation: PuppetJobsReservedConcurrency=0",
    ),
)


def hint(reason: str) -> str:
    """Return what usually lies behind a reason of CloudFormation, or nothing."""
    return next((advice for parts, advice in _HINTS if any(part in reason for part in parts)), "")

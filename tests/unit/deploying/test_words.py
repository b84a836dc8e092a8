"""What goes wrong on AWS is said in words that tell what to do."""

from __future__ import annotations

import pytest
from botocore import exceptions

from deploy.guide import words


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (exceptions.NoCredentialsError(), "no AWS credentials"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="x"), "incomplete"),
        (exceptions.ProfileNotFound(profile="shop"), "AWS_PROFILE"),
        (exceptions.NoRegionError(), "AWS_REGION=eu-central-1"),
        (exceptions.EndpointConnectionError(endpoint_url="https://sts"), "cannot be reached"),
        (exceptions.UnauthorizedSSOTokenError(), "aws sso login"),
        (words.GuideError("ours"), "ours"),
    ],
)
def test_an_error_of_the_library_becomes_advice(error: Exception, advice: str) -> None:
    assert advice in words.explained(error)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredToken", "have expired"),
        ("ExpiredTokenException", "have expired"),
        ("InvalidClientTokenId", "does not know these credentials"),
        ("AccessDenied", "may not do that: not today"),
        ("ThrottlingException", "AWS says ThrottlingException: not today"),
    ],
)
def test_an_answer_of_aws_becomes_advice(code: str, advice: str) -> None:
    error = exceptions.ClientError({"Error": {"Code": code, "Message": "not today"}}, "GetCallerIdentity")

    assert advice in words.explained(error)


def test_an_error_of_ours_in_the_code_is_not_hidden() -> None:
    with pytest.raises(KeyError):
        words.explained(KeyError("x"))


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", ""])
def test_a_stack_at_rest_can_be_deployed(status: str) -> None:
    assert words.blocked("shop", status) == ""


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("ROLLBACK_COMPLETE", "make destroy"),
        ("DELETE_FAILED", "make destroy"),
        ("UPDATE_ROLLBACK_FAILED", "Continue update rollback"),
        ("UPDATE_IN_PROGRESS", "Wait for its end"),
        ("DELETE_IN_PROGRESS", "Wait for its end"),
    ],
)
def test_a_stack_that_is_stuck_is_named_with_the_way_out(status: str, advice: str) -> None:
    said = words.blocked("shop", status)

    assert status in said
    assert advice in said


def test_reasons_of_cloudformation_lead_to_what_lies_behind_them() -> None:
    assert "NAT" in words.hint("Received response status [FAILED] from custom resource: timed out after 300 s")
    assert "bundle" in words.hint("SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED")
    assert "host and port" in words.hint("RuntimeError: cannot connect to PostgreSQL at 10.0.0.1:1")
    assert "another STACK" in words.hint("/aws/lambda/nightshift-api already exists")
    assert words.hint("something else") == ""

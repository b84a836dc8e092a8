"""What is given to the template is judged before CloudFormation sees it."""

from __future__ import annotations

import pytest

from deploy.guide.parameters import ParametersError, check, override, read
from deploy.translated import load

DECLARED = load()["Parameters"]
ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-AbCdEf"


def test_values_may_hold_spaces_commas_and_equals_signs() -> None:
    found = read("ShopName='My \"nice\" shop' VpcSubnetIds=subnet-1,subnet-2 ShopUrl=https://shop.example/a", DECLARED)

    assert found == {
        "ShopName": 'My "nice" shop',
        "VpcSubnetIds": "subnet-1,subnet-2",
        "ShopUrl": "https://shop.example/a",
    }


def test_an_empty_text_sets_nothing() -> None:
    assert read("", DECLARED) == {}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("MailForm=a@b.example", "There is no parameter MailForm; MailFrom is one"),
        ("Architecture=riscv", "must be one of arm64, x86_64"),
        ("MaxProductsPerRun=501", "must be a number, at least 1 and at most 500"),
        ("MaxProductsPerRun=many", "must be a number"),
        ("DatabaseSecretArn=shop", "must be the full ARN of a Secrets Manager secret"),
        ("MailFrom=news", "must be empty or a bare mail address"),
        ("ShopName", "'ShopName', which is no Name=value"),
        ("ShopName='My shop", "cannot be read"),
    ],
)
def test_what_is_wrong_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ParametersError, match=complaint):
        read(text, DECLARED)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(ParametersError, match=r"LogLevel(.|\n)*AlarmEmail"):
        check({"LogLevel": "LOUD", "AlarmEmail": "nobody"}, DECLARED)


def test_defaults_and_arns_pass() -> None:
    defaults = {name: str(rule.get("Default", ARN)) for name, rule in DECLARED.items()}

    check(defaults, DECLARED)


def test_quotes_and_backslashes_reach_the_sam_cli_escaped() -> None:
    assert override("ShopName", 'A "b" \\ c') == 'ShopName="A \\"b\\" \\\\ c"'

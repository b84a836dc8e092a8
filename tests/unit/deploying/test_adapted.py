"""What MiniStack cannot take is said otherwise; all else is deployed as it is written."""

from __future__ import annotations

from pathlib import Path

from deploy.emulated.adapted import adapt
from deploy.rules.reading import of_type, walk
from deploy.translated import load

WRITTEN = load()
ADAPTED = adapt(WRITTEN, Path("/built"))


def test_only_saved_queries_are_left_out_and_only_routes_are_added() -> None:
    gone = WRITTEN["Resources"].keys() - ADAPTED["Resources"].keys()
    new = ADAPTED["Resources"].keys() - WRITTEN["Resources"].keys()

    assert {WRITTEN["Resources"][name]["Type"] for name in gone} == {"AWS::Logs::QueryDefinition"}
    assert {ADAPTED["Resources"][name]["Type"] for name in new} == {
        "AWS::ApiGatewayV2::Integration",
        "AWS::ApiGatewayV2::Route",
    }


def test_the_template_itself_is_left_alone() -> None:
    assert load() == WRITTEN


def test_the_door_gets_every_route_it_has() -> None:
    routes = [properties["RouteKey"] for _, properties in of_type(ADAPTED, "AWS::ApiGatewayV2::Route")]

    assert routes == ["ANY /", "ANY /{proxy+}"]


def test_secrets_are_named_by_arn_everywhere() -> None:
    secrets = {name for name, _ in of_type(WRITTEN, "AWS::SecretsManager::Secret")}

    assert not [each for each in walk(ADAPTED) if each.get("Ref") in secrets]
    assert "secretsmanager:${JobSecret.Id}" in str(ADAPTED["Resources"]["ApiFunction"])
    assert ADAPTED["Outputs"]["JobSecretArn"]["Value"] == {"Fn::GetAtt": ["JobSecret", "Id"]}


def test_policies_keep_their_statements_and_conditions() -> None:
    before, after = WRITTEN["Resources"]["AnalyticsPolicy"], ADAPTED["Resources"]["AnalyticsPolicy"]

    assert after["Type"] == "AWS::IAM::Policy"
    assert after["Condition"] == before["Condition"]
    assert after["Properties"]["Roles"] == [before["Properties"]["RoleName"]]
    assert after["Properties"]["PolicyDocument"] == before["Properties"]["PolicyDocument"]


def test_functions_are_those_that_were_built() -> None:
    built = {"Resources": {"A": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "A"}}}, "Outputs": {}}

    assert adapt(built, Path("/built"))["Resources"]["A"]["Properties"]["CodeUri"] == "/built/A"

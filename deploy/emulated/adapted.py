"""The built template as MiniStack can take it: what it does not know is said otherwise or left out, and told."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.rules.reading import of_type
from deploy.translated import Template

# What every run says, so that nobody takes it for more than it is.
DIFFERENCES = (
    "saved queries are left out: MiniStack has no AWS::Logs::QueryDefinition",
    "the routes of the HTTP API are resources of their own: MiniStack does not read the OpenAPI document SAM makes",
    "secrets are named by ARN: its !Ref of a secret is a name, which policies would not match",
    "policies of their own (AWS::IAM::RolePolicy) are AWS::IAM::Policy, with the same statements",
    "schedules exist, but are not waited for: it keeps no time zone and knows no <aws.scheduler.scheduled-time>",
    "VPCs, throttling, alarms, the dashboard, memory limits and the expiry of items have no effect, or are not kept",
)


def adapt(built: Template, folder: Path) -> Template:
    """Return the template for MiniStack; code and layers are those in `folder`, where it was built."""
    template = copy.deepcopy(built)
    _leave_out_saved_queries(template)
    _spell_out_policies(template)
    _spell_out_routes(template)
    _name_secrets_by_arn(template)
    for properties in (resource.get("Properties", {}) for resource in template["Resources"].values()):
        for key in properties.keys() & {"CodeUri", "ContentUri"}:
            properties[key] = str(folder / properties[key])
    return template


def _leave_out_saved_queries(template: Template) -> None:
    for name, _ in list(of_type(template, "AWS::Logs::QueryDefinition")):
        del template["Resources"][name]


def _spell_out_policies(template: Template) -> None:
    for name, properties in of_type(template, "AWS::IAM::RolePolicy"):
        template["Resources"][name]["Type"] = "AWS::IAM::Policy"
        properties["Roles"] = [properties.pop("RoleName")]


def _spell_out_routes(template: Template) -> None:
    for function, event, properties in list(http_events(template)):
        integration = f"{function}{event}Integration"
        template["Resources"][integration] = {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": properties["ApiId"],
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": [function, "Arn"]},
                "PayloadFormatVersion": "2.0",
            },
        }
        template["Resources"][f"{function}{event}Route"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": properties["ApiId"],
                "RouteKey": f"{properties['Method']} {properties['Path']}",
                "Target": {"Fn::Sub": f"integrations/${{{integration}}}"},
            },
        }


def http_events(template: Template) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Function, event and its properties, for every route of the HTTP API."""
    for function, properties in of_type(template, "AWS::Serverless::Function"):
        for event, each in properties.get("Events", {}).items():
            if each["Type"] == "HttpApi":
                yield function, event, each["Properties"]


def _name_secrets_by_arn(template: Template) -> None:
    secrets = {name for name, _ in of_type(template, "AWS::SecretsManager::Secret")}
    named = re.compile(r"\$\{(" + "|".join(sorted(secrets)) + r")\}")
    template["Resources"] = _by_arn(template["Resources"], secrets, named)
    template["Outputs"] = _by_arn(template["Outputs"], secrets, named)


def _by_arn(value: Any, secrets: set[str], named: re.Pattern[str]) -> Any:
    if isinstance(value, list):
        return [_by_arn(each, secrets, named) for each in value]
    if not isinstance(value, dict):
        return named.sub(r"${\1.Id}", value) if isinstance(value, str) else value
    if value.keys() == {"Ref"} and value["Ref"] in secrets:
        return {"Fn::GetAtt": [value["Ref"], "Id"]}
    return {key: _by_arn(each, secrets, named) for key, each in value.items()}

"""Roles that may more than their block in the template says: wildcards, inherited policies, a missing boundary."""

from __future__ import annotations

from typing import Any

from deploy.rules.reading import as_list, of_type, statements, walk
from deploy.translated import Template

# The one policy of AWS that a role may carry, because EC2 has no resource-level permissions for network interfaces.
NETWORK = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaENIManagementAccess"}
ONLY_IN_A_VPC = {"Fn::If": ["HasVpc", [NETWORK], {"Ref": "AWS::NoValue"}]}
BOUNDARY = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}


def problems(template: Template) -> list[str]:
    """What any policy document in the template allows too freely, and what is wrong with the roles."""
    found = []
    for name, resource in template["Resources"].items():
        for document in walk(resource):
            for statement in statements(document):
                found += [f"{name} {problem}" for problem in _too_free(statement)]
    for name, role in of_type(template, "AWS::IAM::Role"):
        if role.get("ManagedPolicyArns") not in (None, ONLY_IN_A_VPC):
            found.append(f"{name} inherits policies: only the one for network interfaces may be there, in a VPC")
        if role.get("PermissionsBoundary") != BOUNDARY:
            found.append(f"{name} ignores the parameter PermissionsBoundaryArn")
    return found


def _too_free(statement: dict[str, Any]) -> list[str]:
    what = statement.get("Sid", "a statement")
    found = [f"has {key} in {what}: say what is allowed" for key in ("NotAction", "NotResource") if key in statement]
    wide = [action for action in as_list(statement.get("Action", [])) if "*" in str(action)]
    found += [f"allows the actions {action} in {what}: name each" for action in wide]
    if statement.get("Effect") == "Allow" and any(map(_is_everything, as_list(statement.get("Resource", [])))):
        found.append(f"allows {what} on every resource: name them")
    if "*" in str(statement.get("Principal", "")):
        found.append(f"lets anybody in with {what}")
    return found


def _is_everything(resource: Any) -> bool:
    """Whether a resource is `*` or ends in a wildcard right behind the service (`arn:aws:sqs:*`)."""
    written = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
    parts = str(written).split(":")
    return written == "*" or (parts[0] == "arn" and "*" in ":".join(parts[:5]) + "".join(parts[5:6]))

"""The section `Rules` knows functions of its own and no others: CloudFormation refuses a template with `!Join` there.

In its reference they are "rule functions"; cfn-lint says nothing of the others.
"""

from __future__ import annotations

from deploy.rules.reading import walk
from deploy.translated import Template

ALLOWED = {
    "Ref",
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
}


def problems(template: Template) -> list[str]:
    """Rules that use a function which is none for rules."""
    found = []
    for name, rule in template.get("Rules", {}).items():
        used = {key for each in walk(rule) for key in each if key == "Ref" or key.startswith("Fn::")}
        found += [f"rule {name} uses {key}, which is not allowed there" for key in sorted(used - ALLOWED)]
    return found

"""`make permissions`: what each function and each schedule may do on AWS, from the translated template, as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.rules.reading import as_list, of_type, target
from deploy.translated import Template, load, translate

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "docs" / "permissions.md"
_HEAD = """\
# What each function may do on AWS

Every function has a role of its own, and no role has more than what its code calls: a test follows the imports of each
handler to the operations of AWS it can reach and compares. `${...}` is a parameter or resource of `template.yaml`.
Where there is a VPC, every function in it may also manage network interfaces (`AWSLambdaENIManagementAccess`), for
which AWS knows no resources. A permissions boundary (`PermissionsBoundaryArn`) narrows every role further.

Written by `make permissions` from the translated template; a test compares.
"""
_COLUMNS = "| actions | on | if |\n|---|---|---|\n"


@dataclass(frozen=True)
class Grant:
    """One statement of a policy: what is allowed, on what, under which condition."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str


def page(template: Template) -> str:
    """Return the page for a translated template."""
    functions = {target(function["Role"]): name for name, function in of_type(template, "AWS::Lambda::Function")}
    parts = [_HEAD]
    for role, name in sorted(functions.items(), key=lambda pair: pair[1]):
        parts.append(f"\n## {name}\n\n{_COLUMNS}{_rows(grants(template, role))}")
    others = sorted(name for name, _ in of_type(template, "AWS::IAM::Role") if name not in functions)
    parts.append("\n## Schedules and others\n\n| role | actions | on | if |\n|---|---|---|---|\n")
    parts += [f"| {role} {row}" for role in others for row in _rows(grants(template, role)).splitlines(keepends=True)]
    return "".join(parts)


def grants(template: Template, role: str) -> list[Grant]:
    """Return everything that a role allows: in its own policies and in those that are attached to it."""
    own = template["Resources"][role]["Properties"].get("Policies", [])
    found = [grant for policy in own for grant in _of_document(policy["PolicyDocument"], "")]
    for name, policy in of_type(template, "AWS::IAM::RolePolicy"):
        if target(policy.get("RoleName")) == role:
            when = str(template["Resources"][name].get("Condition", ""))
            found += _of_document(policy["PolicyDocument"], when)
    return found


def _of_document(document: dict[str, Any], when: str) -> Iterator[Grant]:
    for statement in as_list(document["Statement"]):
        if "Fn::If" in statement:
            name, yes, no = statement["Fn::If"]
            branches = ((name, yes), (f"not {name}", no))
            yield from (_grant(branch, word) for word, branch in branches if branch != {"Ref": "AWS::NoValue"})
        else:
            yield _grant(statement, when)


def _grant(statement: dict[str, Any], when: str) -> Grant:
    wanted = [
        f"`{key}` is `{written(value)}`"
        for test in statement.get("Condition", {}).values()
        for key, value in test.items()
    ]
    actions = tuple(sorted(as_list(statement["Action"])))
    resources = tuple(sorted(written(each) for each in as_list(statement["Resource"])))
    return Grant(actions, resources, ", ".join([f"`{when}`"] * bool(when) + wanted))


def written(value: Any) -> str:
    """Return a value of the template as people write it: `${LocksTable.Arn}`, `${MailFrom}`."""
    if not isinstance(value, dict):
        return str(value)
    [(kind, inside)] = value.items()
    if kind == "Fn::GetAtt":
        return f"${{{'.'.join(as_list(inside))}}}"
    if kind == "Fn::Sub" and isinstance(inside, list):
        text, names = inside
        for name, each in names.items():
            text = text.replace(f"${{{name}}}", written(each))
        return str(text)
    if kind == "Fn::If":
        return written(inside[1])
    return f"${{{inside}}}" if kind == "Ref" else str(inside)


def _rows(found: list[Grant]) -> str:
    rows = {f"| {_listed(grant.actions)} | {_listed(grant.resources)} | {grant.condition} |\n" for grant in found}
    return "".join(sorted(rows))


def _listed(values: tuple[str, ...]) -> str:
    return "<br>".join(f"`{_short(value)}`" for value in values)


def _short(value: str) -> str:
    return value.replace("arn:${AWS::Partition}:", "").replace("${AWS::Region}:${AWS::AccountId}:", "")


def main() -> None:
    """Write the page."""
    FILE.write_text(page(translate(load())), "utf-8")
    print(FILE.relative_to(ROOT))


if __name__ == "__main__":
    main()

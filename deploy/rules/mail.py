"""Mail leaves from the one address that was given, is off while there is none, and what SES reports of it arrives."""

from __future__ import annotations

from typing import Any

from deploy.rules.reading import as_list, of_type, resolver, target, walk
from deploy.translated import Template

FROM = {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
# SES checks a raw message by both names.
SEND = {"ses:SendEmail", "ses:SendRawEmail"}


def problems(template: Template) -> list[str]:
    """What is wrong with those who send mail, and with the way of the reports."""
    senders = {
        name: function
        for name, function in of_type(template, "AWS::Lambda::Function")
        if "MAIL_FROM" in function.get("Environment", {}).get("Variables", {})
    }
    roles = {target(function.get("Role")): name for name, function in senders.items()}
    return [*_schedules(template, set(senders)), *_grants(template, roles), *_reports(template)]


def _schedules(template: Template, senders: set[str]) -> list[str]:
    resolve = resolver(template, {"MailFrom": ""})
    return [
        f"{name} must be DISABLED while MailFrom is empty: each of its runs would fail"
        for name, schedule in of_type(template, "AWS::Scheduler::Schedule")
        if target(schedule["Target"]["Arn"]) in senders and resolve(schedule.get("State", "ENABLED")) != "DISABLED"
    ]


def _grants(template: Template, senders: dict[str, str]) -> list[str]:
    found = []
    for role, properties in of_type(template, "AWS::IAM::Role"):
        statements = [each for each in walk(properties) if SEND & set(map(str, as_list(each.get("Action", []))))]
        if statements and role not in senders:
            found.append(f"{role} may send mail, and its function has no MAIL_FROM to send from")
        identities = [each for each in statements if ":identity/" in str(each["Resource"])]
        found += [
            f"{role} must not send from any address but MailFrom"
            for each in identities
            if each.get("Condition") != FROM
        ]
        if role in senders:
            found += [
                f"{role} must allow {action} on an identity: {senders[role]} sends raw messages"
                for action in sorted(SEND)
                if not any(action in as_list(each["Action"]) for each in identities)
            ]
    return found


def _reports(template: Template) -> list[str]:
    permissions = [each for _, each in of_type(template, "AWS::Lambda::Permission")]
    found = []
    for name, rule in of_type(template, "AWS::Events::Rule"):
        for aim in rule.get("Targets", []):
            if "Arn" not in aim.get("DeadLetterConfig", {}):
                found.append(f"{name} has a target without DeadLetterConfig: what cannot be delivered would vanish")
            if not any(_lets_in(each, name, target(aim["Arn"])) for each in permissions):
                found.append(f"{name} may not start {target(aim['Arn'])}: there is no permission for it")
    return found


def _lets_in(permission: dict[str, Any], rule: str, function: str) -> bool:
    who, what = target(permission.get("SourceArn")), target(permission.get("FunctionName"))
    return (permission.get("Principal"), who, what) == ("events.amazonaws.com", rule, function)

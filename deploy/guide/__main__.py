"""`make deploy`: checks, questions, build, deployment with its migrations, and a smoke test through the stack's door.

Reads ENV, STACK, PARAMETERS and YES from the environment, where make puts what is given on its command line.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from deploy import sam, smoke
from deploy.guide import account, answers, asking, database_secret, network, parameters, words
from deploy.guide.account import Caller, Stack
from deploy.guide.answers import Answers
from deploy.guide.asking import Person
from deploy.guide.words import GuideError
from deploy.translated import Template, load
from local.report import say, step

DECLARED_SECRET = "DatabaseSecretArn"  # noqa: S105 - the name of a parameter


@dataclass
class Plan:
    """What is deployed where."""

    environment: str
    session: Any
    person: Person
    template: Template
    caller: Caller
    answers: Answers
    stack: Stack | None


def main() -> int:
    """0 when the stack runs and answers, 1 when it does not, 2 when something has to be set right first."""
    person = Person(present=sys.stdin.isatty() and os.environ.get("YES", "") in ("", "0"))
    try:
        plan = prepare(sam.ROOT, os.environ, person)
        build()
        plan.stack = deployed(plan)
        return tried(plan, plan.stack)
    except KeyboardInterrupt:
        say("\nStopped. Nothing is half done that a second `make deploy` would not finish.")
        return 130
    except EOFError:
        say("\nThe answers ended: YES=1 with PARAMETERS=… asks nothing.")
        return 2
    except Exception as error:  # noqa: BLE001 - what is not known is raised again
        say(f"\nStopped: {words.explained(error)}.".replace("..", "."))
        return 2


def prepare(root: Path, given: Mapping[str, str], person: Person) -> Plan:
    """Find out everything that a deployment needs, asking for what nobody has said yet.

    Raises:
        GuideError and the other errors of `words.OURS`: it cannot be deployed like this.
    """
    plan = looked_at(root, given, person)
    known = _known(root, plan, given.get("PARAMETERS", ""))
    _database(plan, known)
    plan.answers.parameters = asking.complete(person, known, plan.template["Parameters"])
    for warning in _warnings(plan):
        say(f"  note            {warning}")
    _remember(root, plan)
    return plan


def _remember(root: Path, plan: Plan) -> None:
    """Keep what the project does not say anyhow, so that a change there is not hidden by an old answer."""
    project = answers.project_parameters(answers.settings(root, plan.environment), plan.template["Parameters"])
    own = {name: value for name, value in plan.answers.parameters.items() if project.get(name) != value}
    answers.keep(root, plan.environment, replace(plan.answers, parameters=own))


def looked_at(root: Path, given: Mapping[str, str], person: Person) -> Plan:
    """Find out whose account it is, and how the stack stands there."""
    import boto3

    environment = given.get("ENV") or "dev"
    wanted = answers.settings(root, environment)
    before = answers.load(root, environment)
    session = boto3.Session(region_name=_region(given, before, person))
    with step("account") as told:
        caller = account.caller(session)
        told.append(f"{caller.account} in {caller.region}, as {caller.arn.rpartition(':')[2]}")
    name = answers.check_stack(given.get("STACK") or before.stack or wanted["stack_name"])
    _same_place(environment, before, caller, name)
    with step("stack") as told:
        stack = account.find_stack(session, name)
        told.append(f"{name}, {stack.status if stack else 'to be made'}")
    now = Answers(caller.account, caller.region, name, before.parameters)
    return Plan(environment, session, person, load(root / "template.yaml"), caller, now, stack)


def _region(given: Mapping[str, str], before: Answers, person: Person) -> str | None:
    """The region that is set, else that of the last time, else the one of the profile, else what somebody says."""
    import boto3

    named = given.get("AWS_REGION") or given.get("AWS_DEFAULT_REGION") or before.region or boto3.Session().region_name
    return named or person.answer("Which region of AWS? (eu-central-1, us-east-1, …)") or None


def _same_place(environment: str, before: Answers, caller: Caller, stack: str) -> None:
    """Raise GuideError where ENV has been deployed elsewhere: by mistake there would be two."""
    if before.account and before.stack == stack and (before.account, before.region) != (caller.account, caller.region):
        raise GuideError(
            f"{environment} was deployed to account {before.account} in {before.region}, and this is {caller.account} "
            f"in {caller.region}. Switch (AWS_PROFILE=…, AWS_REGION=…), or take another STACK, or remove "
            f"{answers.FOLDER}/{environment}.json when it has moved"
        )


def _known(root: Path, plan: Plan, text: str) -> dict[str, str]:
    """What is said now before what was said last time, before what the stack has, before what the project says."""
    declared = plan.template["Parameters"]
    said = parameters.read(text, declared)
    has = {name: value for name, value in (plan.stack.parameters if plan.stack else {}).items() if name in declared}
    kept = {name: value for name, value in plan.answers.parameters.items() if name in declared}
    project = answers.project_parameters(answers.settings(root, plan.environment), declared)
    if problem := words.blocked(plan.answers.stack, plan.stack.status if plan.stack else ""):
        raise GuideError(problem)
    found = {**project, **_not_default(has, declared), **kept, **said}
    parameters.check(found, declared)
    return found


def _not_default(values: Mapping[str, str], declared: parameters.Declared) -> dict[str, str]:
    """A default that the stack has is nobody's answer: the template may change it."""
    return {name: value for name, value in values.items() if value != str(declared[name].get("Default", ""))}


def _database(plan: Plan, known: dict[str, str]) -> None:
    """Find or make the database's secret, and say where functions find who signs its certificate."""
    if not known.get(DECLARED_SECRET):
        if not plan.person.present:
            raise GuideError(asking.missing(DECLARED_SECRET, "functions need a database"))
        known[DECLARED_SECRET] = _asked_secret(plan)
    with step("database") as told:
        seen = database_secret.look(plan.session, known[DECLARED_SECRET])
        told.append(f"{seen['dbname']} at {seen['host']}" if seen else "its secret may not be read from here")
    if database_secret.needs_bundle(str(seen.get("host", ""))) and not known.get("DatabaseCaFile"):
        if not (sam.ROOT / database_secret.RDS_BUNDLE).exists():
            raise GuideError(
                "RDS signs its certificates itself, and the functions need its bundle to know the database. Get it:\n"
                f"  mkdir -p {Path(database_secret.RDS_BUNDLE).parent} && curl -o {database_secret.RDS_BUNDLE} "
                "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem\nand call this again"
            )
        known["DatabaseCaFile"] = database_secret.RDS_BUNDLE_THERE


def _asked_secret(plan: Plan) -> str:
    arn = plan.person.answer("ARN of the secret of the PostgreSQL database. Nothing: make one from a connection URL.")
    if arn:
        parameters.check({DECLARED_SECRET: arn}, plan.template["Parameters"])
        return arn
    url = plan.person.read_secret("postgresql://user:password@host:5432/database (it is not shown)\n> ")
    return database_secret.create(plan.session, plan.answers.stack, url)


def _warnings(plan: Plan) -> list[str]:
    values = plan.answers.parameters
    subnets = asking.as_list(values.get("VpcSubnetIds"))
    found = network.check(plan.session, subnets, asking.as_list(values.get("VpcSecurityGroupIds"))) if subnets else []
    if values.get("MailFrom") and not _verified(plan.session, values["MailFrom"], values.get("MailIdentity", "")):
        found.append(f"SES has verified neither {values['MailFrom']} nor its domain: no mail will leave before it has")
    return found


def _verified(session: Any, address: str, identity: str) -> bool:
    ses = session.client("sesv2")
    for name in filter(None, (identity, address, address.rpartition("@")[2])):
        try:
            if ses.get_email_identity(EmailIdentity=name)["VerifiedForSendingStatus"]:
                return True
        except ses.exceptions.NotFoundException:
            continue
    return False


def build() -> None:
    """Build what is shipped. Raises GuideError when that fails."""
    say("  build")
    if subprocess.run(["make", "--no-print-directory", "build"], cwd=sam.ROOT, check=False).returncode:  # noqa: S607
        raise GuideError("The build failed: what it says is above")


def deployed(plan: Plan) -> Stack:
    """Deploy, and return the stack as it is then. Raises GuideError with CloudFormation's reasons when it fails."""
    name, since = plan.answers.stack, account.now()
    options = ("--config-env", plan.environment, "--region", plan.caller.region)
    given = {name: value for name, value in plan.answers.parameters.items() if value or _sets(plan.stack, name)}
    status = sam.deploy(name, given, *options)
    stack = account.find_stack(plan.session, name)
    if status or stack is None:
        reasons = account.why_it_failed(plan.session, name, since) if stack else ""
        raise GuideError(f"Stack {name} was not deployed\n{reasons}")
    say("  migrations      applied: the stack gets no new code without them")
    if plan.stack is None:
        begin_above(plan.session, stack)
    return stack


def begin_above(session: Any, stack: Stack) -> None:
    """Let a new table of locks begin above every fence that the database may know of an earlier stack."""
    from deploy.raise_fences import LocksHeldError, raise_fences

    try:
        raise_fences(session.client("dynamodb"), stack.outputs["LocksTableName"])
    except LocksHeldError:
        # Whoever is at work was not refused, and so the database knew no earlier stack, or will refuse it now.
        say(f"  note            where an earlier stack has used this database: make raise-fences STACK={stack.name}")


def _sets(stack: Stack | None, name: str) -> bool:
    """Whether an empty answer takes something away."""
    return stack is not None and bool(stack.parameters.get(name))


def tried(plan: Plan, stack: Stack) -> int:
    """Try the stack through its door, and say where it is."""
    door = smoke.open_door(stack.outputs["ApiUrl"], account.job_secret(plan.session, stack))
    try:
        failed = smoke.tell(smoke.checks(door, smoke.job_names(plan.template)))
    finally:
        door.client.close()
    say(_closing(stack, plan.caller.region))
    return 1 if failed else 0


def _closing(stack: Stack, region: str) -> str:
    url, read = stack.outputs["ApiUrl"], f"aws secretsmanager get-secret-value --region {region} --query SecretString"
    return (
        f"\n  The page:       {url}/\n"
        f"  What opens it:  {read} --output text --secret-id {stack.outputs['JobSecretArn']}\n"
        f"  To look only:   {read} --output text --secret-id {stack.outputs['ReadSecretArn']}\n"
        f"  From here:      make jobs URL={url}"
    )


if __name__ == "__main__":
    sys.exit(main())

"""Starts an AWS and a PostgreSQL on this machine, deploys the built template there, tries it, and stops both again."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy import sam, smoke
from deploy.emulated import layers
from deploy.emulated.adapted import DIFFERENCES, adapt
from deploy.emulated.inventory import Inventory, started
from deploy.emulated.ministack import EmulatorError, MiniStack, make_ready
from deploy.guide import account
from deploy.guide.account import Stack
from deploy.translated import Template, load
from local import postgres_account, state
from local.database import connected
from local.postgres import Postgres, PostgresError
from local.report import say, step
from nightshift.sql import queries

STACK: Final = "nightshift-local"
# With mail and a replica, so that what depends on them is there and runs as well.
_PARAMETERS: Final = {
    "MailFrom": "news@shop.example",
    "ShopName": "A shop on this machine",
    "ShopUrl": "https://shop.example",
}
# They need to be told for whom: events/ has what they take.
_BY_EVENT: Final = {"mail-feedback": "mail-feedback.sns.json", "warmup-on-demand": "warmup-on-demand.manual.json"}


def main() -> int:
    """0 when everything is there and runs, 1 when something is not, 2 when it cannot be tried here."""
    signal.signal(signal.SIGTERM, _interrupt)
    home = state.folder() / "deploy-local"
    home.mkdir(exist_ok=True)
    try:
        with state.held(home / "held"), ExitStack() as open_things:
            failed = tried(home, open_things, int(os.environ.get("STACKS") or 1))
    except KeyboardInterrupt:
        say("\nStopped, and so is everything that was started.")
        return 130
    except state.AlreadyRunningError as holder:
        say(f"make deploy-local is under way already: {holder}")
        return 2
    except (EmulatorError, PostgresError) as problem:
        say(f"\nStopped: {problem}")
        return 2
    return 1 if failed else 0


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def tried(home: Path, open_things: ExitStack, stacks: int) -> int:
    """Deploy and try so many stacks beside each other; return how many checks failed."""
    python = make_ready()
    with step("database") as told:
        server = open_things.enter_context(_server(home))
        told.append(f"PostgreSQL on port {server.port}")
    with step("MiniStack") as told:
        cloud = open_things.enter_context(_cloud(python, home))
        told.append(cloud.endpoint)
    folder, other = layers.fitting(sam.BUILT.parent, home / "build", python)
    for difference in (*DIFFERENCES, *filter(None, [other])):
        say(f"  unlike AWS      {difference}")
    template = load(folder / sam.BUILT.name)
    failed = 0
    for name in (STACK, *(f"{STACK}-{number}" for number in range(2, stacks + 1))):
        url = _database(server, name)
        stack, given = _deployed(cloud, home, adapt(template, folder), name, _secret(cloud.session(), name, url))
        with connected(url) as connection:
            connection.run(queries("deploy.emulated")["put_comparison"])
        failed += _check(cloud, template, stack, given)
    return failed


@contextmanager
def _server(home: Path) -> Iterator[Postgres]:
    server = Postgres(postgres_account.place_for(home / "postgres"), durable=False)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _database(server: Postgres, stack: str) -> str:
    """Return the address of an empty database for a stack: what an earlier one left is of no interest."""
    with connected(server.url()) as connection:
        connection.run(f'DROP DATABASE IF EXISTS "{stack}"')
        connection.run(f'CREATE DATABASE "{stack}"')
    return server.url(stack)


@contextmanager
def _cloud(python: Path, home: Path) -> Iterator[MiniStack]:
    cloud = MiniStack(python, home)
    try:
        cloud.start()
        yield cloud
    finally:
        cloud.stop()


def _secret(session: Any, stack: str, url: str) -> str:
    """Put the database's secret where functions look for it, in the form in which `make deploy` does."""
    parts = urlsplit(url)
    secret = {
        "host": parts.hostname,
        "port": parts.port,
        "username": parts.username,
        "password": parts.password,
        "dbname": parts.path.lstrip("/"),
    }
    made = session.client("secretsmanager").create_secret(Name=f"{stack}/database", SecretString=json.dumps(secret))
    return str(made["ARN"])


def _deployed(cloud: MiniStack, home: Path, template: Template, name: str, arn: str) -> tuple[Stack, dict[str, str]]:
    given = {
        **_PARAMETERS,
        "DatabaseSecretArn": arn,
        "AnalyticsDatabaseSecretArn": arn,
        "Architecture": layers.architecture(),
    }
    file, log, since = home / "template.json", home / f"{name}.log", account.now()
    file.write_text(json.dumps(template), "utf-8")
    options = ("--template-file", str(file), "--resolve-s3", "--capabilities", "CAPABILITY_IAM")
    with step("sam deploy") as told:
        with log.open("wb") as output:
            status = sam.deploy(name, given, *options, environment=cloud.environment(), output=output)
        stack = account.find_stack(cloud.session(), name)
        if status or stack is None:
            reasons = account.why_it_failed(cloud.session(), name, since) if stack else ""
            said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise EmulatorError(f"sam deploy failed\n{reasons}\n{said}\nMore in {log} and {cloud.log}")
        told.append(f"{name}: {stack.status}, and so its migrations ran")
    return stack, given


def _check(cloud: MiniStack, template: Template, stack: Stack, given: dict[str, str]) -> int:
    session = cloud.session()
    jobs = smoke.job_names(template)
    api = urlsplit(stack.outputs["ApiUrl"]).netloc.partition(".")[0]
    door = smoke.open_door(f"{cloud.endpoint}/_aws/execute-api/{api}/$default", account.job_secret(session, stack))
    events = {name: (sam.ROOT / "events" / file).read_bytes() for name, file in _BY_EVENT.items()}
    try:
        failed = smoke.tell(Inventory(session, template, stack.name, given).checks())
        failed += smoke.tell(smoke.checks(door, jobs, sorted(jobs - events.keys())))
        failed += smoke.tell(started(session, stack.name, events))
    finally:
        door.client.close()
    if failed:
        say(f"\nThe functions' own lines are in {cloud.log}; their last:\n{cloud.tail()}")
    return failed


if __name__ == "__main__":
    sys.exit(main())

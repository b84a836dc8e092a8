"""The whole system on one machine: what is started, in which order, and how all of it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Self

from local import resources, settings, tables
from local.aws import AwsServices
from local.clock import Clock
from local.database import LocalDatabase
from local.gateway import Gateway
from local.lambda_service.invocation import Invocation, Result
from local.lambda_service.output import Echo
from local.lambda_service.service import LambdaService
from local.mailbox import Mailbox
from local.postgres import PostgresError
from local.postgres_account import AccountError
from local.stack import TABLE, Function, Stack
from local.state import ROOT
from local.template import Template, TemplateError
from local.worker import job_types
from local.worker.server import Worker

_CODE: Final = (ROOT / "functions", ROOT / "layers" / "nightshift")
_MIGRATE: Final = "housekeeping.migrate.handler"
_API: Final = "api.app.handler"
# Long enough for a job to come to the end of an item, short enough for somebody who waits for the prompt.
_FINISH_S: Final = 10.0


class BrokenSystemError(Exception):
    """A part of the system does not work; the message says which and why."""


# What stops a start, with a message that needs no traceback.
EXPLAINED: Final = (AccountError, BrokenSystemError, PostgresError, TemplateError)


class LocalSystem:
    """Stores, functions, door and clock; `with` ends all of it, whatever happens in between."""

    def __init__(
        self,
        state: Path,
        *,
        echo: Echo | None = None,
        say: Callable[[str], None] = print,
        in_a_hurry: bool = False,
    ) -> None:
        """`state` keeps everything that outlives a run; `echo` takes the handlers' output.

        For tests, a system can be in a hurry: its data need not survive a power cut, and the minutes between the tries
        of asynchronous events pass a hundred times faster.
        """
        self.state = state
        self.database = LocalDatabase(state, durable=not in_a_hurry)
        self._aws = AwsServices(state / "logs" / "aws-services.log")
        self._echo = echo
        self._time_scale = 0.01 if in_a_hurry else 1.0
        self._say = say
        self._open = ExitStack()
        self.stack: Stack
        self.functions: LambdaService
        self.door: Gateway
        self.mailbox: Mailbox
        self.worker: Worker
        # Without a door of our own (`make invoke`): where `make run` would have it.
        self._public_url = f"http://127.0.0.1:{settings.PORT}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    @property
    def jobs(self) -> dict[str, str]:
        """The function of every job, by the job's name, as the template tells the door."""
        declared = json.loads(self._function(_API).environment.get("JOBS", "{}"))
        return {name: job["function"] for name, job in declared.items()}

    @property
    def secrets(self) -> Path:
        """The folder with a file for each secret."""
        return self.state / "secrets"

    def start_stores(self) -> None:
        """PostgreSQL, AWS services with all that the template has of them, a mailbox for SES, a worker for puppets."""
        self._open.callback(self.database.stop)
        self.database.start()
        self._open.callback(self._aws.stop)
        self._aws.start()
        self.mailbox = Mailbox(self.state / "mails")
        self.mailbox.start()
        self._open.callback(self.mailbox.stop)
        self.worker = Worker()
        parameters = {"PuppetExecutors": job_types.executors(self.worker.url), **settings.parameters()}
        template = Template.read(ROOT / "template.yaml", settings.STACK_NAME, parameters)
        self.stack = Stack(template, self._aws.endpoint)
        resources.create(self.stack, self._aws.endpoint, self.secrets)
        self.worker.start((self.secrets / "PuppetWorkerSecret").read_text())
        self._open.callback(self.worker.stop)
        tables.restore(self._aws.endpoint, self._tables(), self._kept)
        self._open.callback(self.keep_tables)

    def take_port(self, port: int) -> None:
        """The port of the HTTP API (0: any free one), before the functions start: links in mails name its address.

        Raises:
            OSError: the port is taken.
        """
        self.door = Gateway(self.stack.routes, self._answer, port)
        self._open.callback(self.door.stop)
        self._public_url = self.door.url

    def start_functions(self) -> None:
        """The Lambda service; its functions find the stores through their environment."""
        environment = {
            **self._aws.environment(),
            **settings.ENVIRONMENT,
            "AWS_ENDPOINT_URL_SESV2": self.mailbox.endpoint,
            "DATABASE_URL": self.database.url,
            "PUBLIC_URL": self._public_url,
            # The dashboard shows a run's lines from here; on AWS it leads to CloudWatch.
            "LOG_FOLDER": str(self.state / "logs"),
        }
        self.functions = LambdaService(
            self.stack.functions,
            code=_CODE,
            environment=environment,
            logs=self.state / "logs",
            echo=self._echo,
            time_scale=self._time_scale,
        )
        self.functions.start()
        self._open.callback(self._stop_functions)

    def migrate(self) -> list[str]:
        """Brings the database up to date; the names of the migrations that were applied now.

        Raises:
            BrokenSystemError: they failed.
        """
        result = self.functions.invoke(self._function(_MIGRATE).name, Invocation(b"{}"))
        answer = json.loads(result.payload)
        if result.failed:
            said = answer.get("errorMessage")
            raise BrokenSystemError(f"The migrations failed: {said}\n(`make reset` begins with an empty database.)")
        lock_table = self._function(_API).environment["LOCK_TABLE"]
        tables.raise_fences(self._aws.endpoint, lock_table, self.database.fences())
        return list(answer["applied"])

    def start_door(self) -> None:
        """The HTTP API, on the port that was taken for it."""
        self.door.start()
        self._open.callback(self.door.stop)

    def start_clock(self) -> Clock:
        """The schedules; from now on jobs start by themselves."""
        clock = Clock(self.stack.schedules, self.functions.invoke_later)
        clock.start()
        self._open.callback(clock.stop)
        return clock

    def ends_with(self, stop: Callable[[], object]) -> None:
        """Ends something else together with the system, before the functions' stores."""
        self._open.callback(stop)

    def invoke(self, function: str, payload: bytes) -> Result:
        """Runs a function and waits for it."""
        return self.functions.invoke(function, Invocation(payload))

    def keep_tables(self) -> None:
        """Writes down what is in the tables."""
        tables.keep(self._aws.endpoint, self._tables(), self._kept)

    @property
    def _kept(self) -> Path:
        return self.state / "tables.json"

    def _tables(self) -> list[str]:
        return [table.name for table in self.stack.stores(TABLE)]

    def _function(self, handler: str) -> Function:
        for function in self.stack.functions:
            if function.handler == handler:
                return function
        raise BrokenSystemError(f"template.yaml has no function with the handler {handler}.")

    def _answer(self, function: str, invocation: Invocation) -> Result:
        return self.functions.invoke(function, invocation)

    def _stop_functions(self) -> None:
        if not self.functions.finish(0):
            self._say("Waiting for what is running to end (Ctrl-C again: do not wait)")
            try:
                self.functions.finish(_FINISH_S)
            except KeyboardInterrupt:
                self._say("Not waiting")
        self.functions.stop()

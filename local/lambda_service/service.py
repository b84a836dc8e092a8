"""The service as a whole: every function of the stack, the API to invoke them, and their asynchronous events."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from local.aws import REGION, client, credentials
from local.http_server import Server
from local.lambda_service import invoke_api
from local.lambda_service.asynchronous import AsyncEvents
from local.lambda_service.invocation import Invocation, Result
from local.lambda_service.output import Echo
from local.lambda_service.pool import Pool
from local.lambda_service.worker import Launch
from local.stack import Function

_OWN_LOOP: Final = Path(__file__).with_name("runtime_loop.py")


class LambdaService:
    """Runs functions; start it, hand its `endpoint` to whoever invokes, stop it."""

    def __init__(
        self,
        functions: Iterable[Function],
        *,
        code: Sequence[Path],
        environment: Mapping[str, str],
        logs: Path,
        echo: Echo | None = None,
        time_scale: float = 1.0,
    ) -> None:
        """`code` are the folder of the functions and those of the layers, `environment` is added to theirs.

        `time_scale` shortens the waits between the tries of asynchronous events, for tests.
        """
        self._functions = {function.name: function for function in functions}
        self._code = code
        self._environment = environment
        self._logs = logs
        self._echo = echo
        self._async = AsyncEvents(self.invoke, self._undelivered, time_scale)
        self._pools: dict[str, Pool] = {}
        self._api: Server | None = None

    @property
    def endpoint(self) -> str:
        """For AWS_ENDPOINT_URL_LAMBDA."""
        assert self._api is not None, "the service has not been started"  # noqa: S101
        return f"http://127.0.0.1:{self._api.port}"

    def start(self) -> None:
        """Listens; processes are started when events come."""
        self._logs.mkdir(parents=True, exist_ok=True)
        self._api = invoke_api.serve(self)
        self._pools = {name: Pool(self._launch(function)) for name, function in self._functions.items()}

    def find(self, name: str) -> Function | None:
        """A function by its name."""
        return self._functions.get(name)

    def invoke(self, name: str, invocation: Invocation) -> Result:
        """Runs a function and waits for it.

        Raises:
            ThrottledError: as many of its processes are at work as may be.
        """
        return self._pools[name].invoke(invocation)

    def invoke_later(self, name: str, payload: bytes) -> str:
        """Takes an asynchronous event for a function; returns its request id."""
        function = self._functions[name]
        return self._async.accept(name, function.arn, payload, function.asynchronous)

    def wait_for_events(self, timeout_s: float) -> bool:
        """Waits until every asynchronous event has succeeded or been given up."""
        return self._async.wait_until_empty(timeout_s)

    def finish(self, timeout_s: float) -> bool:
        """Takes no more events and waits for those at work; False when some are still there."""
        self._async.stop()
        deadline = time.monotonic() + timeout_s
        for pool in self._pools.values():
            pool.close()
        return all(pool.wait_until_idle(deadline - time.monotonic()) for pool in self._pools.values())

    def stop(self) -> None:
        """Kills what is at work and closes the API."""
        self._async.stop()
        for pool in self._pools.values():
            pool.stop()
        if self._api is not None:
            self._api.stop()

    def _launch(self, function: Function) -> Launch:
        return Launch(
            name=function.name,
            arn=function.arn,
            timeout_s=function.timeout_s,
            command=_command(function.handler),
            environment=self._environment_of(function),
            folder=self._code[0],
            log=self._logs / f"{function.name}.log",
            echo=self._echo,
        )

    def _environment_of(self, function: Function) -> dict[str, str]:
        """As Lambda sets it; nothing of a person's shell gets in, as nothing would there."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(map(str, self._code)),
            "LAMBDA_TASK_ROOT": str(self._code[0]),
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            # Where this machine keeps compiled modules, which changes nothing for the handler but the time it takes.
            **{name: os.environ[name] for name in ("PYTHONPYCACHEPREFIX",) if name in os.environ},
            **credentials(),
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL_LAMBDA": self.endpoint,
            **function.environment,
            **self._environment,
        }

    def _undelivered(self, queue: str, message: str) -> None:
        sqs = client("sqs", self._environment["AWS_ENDPOINT_URL"])
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName=queue)["QueueUrl"], MessageBody=message)


def _command(handler: str) -> list[str]:
    """AWS's own runtime client, or ours where it is not to be had (it is built for Linux only)."""
    if importlib.util.find_spec("awslambdaric") is None:
        return [sys.executable, str(_OWN_LOOP), handler]
    return [sys.executable, "-m", "awslambdaric", handler]

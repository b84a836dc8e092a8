"""Functions as `make build` ships them, each in a process under the real runtime client, fed event by event.

In between stands nothing but a socket: what is measured is what Lambda would measure, from an event to its answer.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final
from uuid import uuid4

from deploy.bundle import RUNTIME, find_runtime_python
from deploy.rules.reading import target
from local import settings, template
from local.aws import credentials
from local.stack import Stack

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / ".aws-sam" / "build"
_PATIENCE_S: Final = 60.0
_HANDLERS: Final = Path(__file__).with_name("handlers")


class FunctionFailedError(Exception):
    """It ended, never asked, or answered with an error; the message has the end of what it wrote."""


@dataclass(frozen=True)
class Answer:
    """What a function answered, and how long after it was given the event."""

    ms: float
    body: Any


@dataclass(frozen=True)
class Function:
    """What Lambda would start: a handler, its code, its layers in their order, and what its environment says."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    memory_mb: int = 512
    timeout_s: float = 900
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @contextmanager
    def started(self, python: str) -> Iterator[Process]:
        """A process of it that has asked for its first event, until the block ends."""
        with tempfile.TemporaryFile() as log, socket.create_server(("127.0.0.1", 0)) as runtime_api:
            address = "{}:{}".format(*runtime_api.getsockname())
            started = time.perf_counter()
            child = subprocess.Popen(  # noqa: S603  # what was built here
                [python, "-m", "awslambdaric", self.handler],
                env=self._environment(address), cwd=self.code, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
            process = Process(self, child, runtime_api, log)
            try:
                process.start_ms = process.await_question(started)
                yield process
            finally:
                child.kill()
                child.wait()
                process.hang_up()

    def start_ms(self, python: str) -> float:
        """Start it once and return how long it took until it asked for an event."""
        with self.started(python) as process:
            return process.start_ms

    def _environment(self, address: str) -> dict[str, str]:
        paths = [self.code, *(layer / "python" for layer in self.layers)]
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory_mb),
            "LAMBDA_TASK_ROOT": str(self.code),
            "POWERTOOLS_SERVICE_NAME": self.name,
            **credentials(),
            **self.environment,
        }


class Process:
    """One process of a function, and its Runtime API, which is one socket."""

    start_ms = 0.0

    def __init__(
        self, function: Function, child: subprocess.Popen[bytes], runtime_api: socket.socket, log: IO[bytes]
    ) -> None:
        self._function, self._child, self._log = function, child, log
        self._runtime_api = runtime_api
        self._connection: socket.socket | None = None
        self._reading: IO[bytes] | None = None

    def await_question(self, since: float) -> float:
        """Wait until it asks for an event, and return how many milliseconds after `since` it did.

        Raises:
            FunctionFailedError: it ended, or did not ask.
        """
        self._await("GET", "/invocation/next", _PATIENCE_S)
        return (time.perf_counter() - since) * 1000

    def hang_up(self) -> None:
        """Close its connection, if it has one."""
        if self._reading and self._connection:
            self._reading.close()
            self._connection.close()
        self._reading = self._connection = None

    def answer(self, event: Any) -> Answer:
        """Give it an event and return its answer; then wait until it asks again.

        Raises:
            FunctionFailedError: it reported an error, ended, or took longer than its time-out.
        """
        payload = json.dumps(event).encode()
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{self._function.name}"
        head = (
            f"Lambda-Runtime-Aws-Request-Id: {uuid4()}\r\n"
            f"Lambda-Runtime-Deadline-Ms: {int((time.time() + self._function.timeout_s) * 1000)}\r\n"
            f"Lambda-Runtime-Invoked-Function-Arn: {arn}\r\n"
        )
        started = time.perf_counter()
        self._say("200 OK", payload, head)
        path, body = self._await("POST", "/invocation/", self._function.timeout_s)
        ms = (time.perf_counter() - started) * 1000
        self._say("202 Accepted", b"{}")
        self._await("GET", "/invocation/next", _PATIENCE_S)
        if path.endswith("/error"):
            raise FunctionFailedError(f"{self._function.name}: {body[:300].decode(errors='replace')}{self._said()}")
        return Answer(ms, json.loads(body))

    @property
    def cpu_ms(self) -> float:
        """The time that the process has had of processors so far, its start included (Linux)."""
        fields = Path(f"/proc/{self._child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")

    @property
    def peak_mb(self) -> float:
        """The most memory that the process has had so far (Linux)."""
        status = Path(f"/proc/{self._child.pid}/status").read_text("utf-8").splitlines()
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024

    def _await(self, method: str, path: str, patience_s: float) -> tuple[str, bytes]:
        ends_at = time.monotonic() + patience_s
        while self._child.poll() is None and time.monotonic() < ends_at:
            asked = self._read(ends_at - time.monotonic())
            if asked is None:
                continue
            if asked[0] != method or path not in asked[1]:
                raise FunctionFailedError(f"{self._function.name} said {asked}{self._said()}")
            return asked[1:]
        raise FunctionFailedError(f"{self._function.name} ended or said nothing for {patience_s:.0f} s{self._said()}")

    def _read(self, patience_s: float) -> tuple[str, str, bytes] | None:
        """Return the next request, or None where the client has hung up or nobody has come yet."""
        if self._reading is None:
            self._runtime_api.settimeout(0.5)
            try:
                self._connection, _ = self._runtime_api.accept()
            except TimeoutError:
                return None
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reading = self._connection.makefile("rb")
        assert self._connection
        self._connection.settimeout(max(patience_s, 0.1))
        if not (line := self._reading.readline()):
            self.hang_up()
            return None
        method, path, _ = line.decode().split(" ", 2)
        headers = dict(self._headers())
        return method, path, self._reading.read(int(headers.get("content-length", "0")))

    def _headers(self) -> Iterator[tuple[str, str]]:
        assert self._reading
        while line := self._reading.readline().decode().strip():
            name, _, value = line.partition(":")
            yield name.lower(), value.strip()

    def _say(self, status: str, body: bytes, head: str = "") -> None:
        assert self._connection
        lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{head}\r\n"
        self._connection.sendall(lines.encode() + body)

    def _said(self) -> str:
        self._log.seek(0)
        return "\n" + self._log.read()[-3000:].decode(errors="replace")


def functions(endpoint: str = "http://127.0.0.1:9", database_url: str = "") -> dict[str, Function]:
    """Return every function as it was built, by its name in the template without `Function`, with its environment."""
    built = template.load(BUILD / "template.yaml")
    shared = built.get("Globals", {}).get("Function", {})
    read = template.Template.read(ROOT / "template.yaml", settings.STACK_NAME, settings.PARAMETERS)
    around = {"AWS_ENDPOINT_URL": endpoint, "DATABASE_URL": database_url, "PUBLIC_URL": "http://127.0.0.1:8080"}
    return {
        each.logical_id.removesuffix("Function"): Function(
            each.logical_id.removesuffix("Function"), each.handler, BUILD / each.logical_id,
            tuple(_layers(built["Resources"][each.logical_id]["Properties"].get("Layers", shared.get("Layers", [])))),
            each.memory_mb, each.timeout_s, {**each.environment, **settings.ENVIRONMENT, **around},
        )
        for each in Stack(read, endpoint).functions
    }  # fmt: skip


def _layers(layers: Sequence[Any]) -> list[Path]:
    is_arm = platform.machine() in ("aarch64", "arm64")
    found = [target(layer["Fn::If"][1 if is_arm else 2] if "Fn::If" in layer else layer) for layer in layers]
    return [BUILD / name for name in found if name]


def own(folder: Path, handler: str, python: str, environment: Mapping[str, str] | None = None) -> Function:
    """Return one of the handlers in `handlers`, such as `bare.run`, compiled as what is shipped is."""
    code = handlers(folder, python) / "python"
    layers = (BUILD / "NightshiftLayer", BUILD / "DependenciesLayer")
    return Function(handler, handler, code, layers, environment=environment or {})


def handlers(folder: Path, python: str) -> Path:
    """Return a layer with the handlers of `handlers`."""
    layer = folder / "handlers"
    shutil.copytree(_HANDLERS, layer / "python", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    beside = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run([python, "-m", "compileall", "-q", str(layer)], check=True, env=beside)  # noqa: S603  # ours
    return layer


def runtime_python() -> str:
    """Return the runtime's Python with its packages; what is to be measured is built where that has not happened yet.

    Raises:
        SystemExit: the runtime's Python is not here.
    """
    runtime = find_runtime_python()
    if runtime is None:
        raise SystemExit(f"Python {RUNTIME} is not here, and what is shipped is compiled for it: nothing to measure.")
    if _is_stale():
        subprocess.run(["make", "build"], cwd=ROOT, check=True)  # noqa: S607
    environment = {**os.environ, "NIGHTSHIFT_PYTHON": runtime, "NIGHTSHIFT_VENV": f".venv-{RUNTIME}"}
    command = [sys.executable, "local/bootstrap.py", "local", "-c", "import sys; print(sys.executable)"]
    asked = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    python = asked.stdout.strip()
    # Lambda has compiled what it brings along: the client and boto3.
    packages = ROOT / f".venv-{RUNTIME}" / "lib" / f"python{RUNTIME}" / "site-packages"
    beside = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run([python, "-m", "compileall", "-q", str(packages)], check=True, env=beside)  # noqa: S603
    return python


def _is_stale() -> bool:
    built = BUILD / "template.yaml"
    if not built.exists():
        return True
    sources = (path for folder in ("functions", "layers/nightshift") for path in (ROOT / folder).rglob("*.*"))
    # What the build makes itself is no reason to build.
    written = (path for path in sources if path.suffix != ".pyc" and path.name != "openapi.json")
    return any(path.stat().st_mtime > built.stat().st_mtime for path in (ROOT / "template.yaml", *written))


def versions(python: str) -> Mapping[str, str]:
    """Return what the functions run on."""
    asked = "from importlib.metadata import version; print(version('awslambdaric'), version('boto3'))"
    said = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603
    return {"runtime": RUNTIME, **dict(zip(("awslambdaric", "boto3"), said, strict=True))}

"""Cold starts: from the start of a process to its first question for an event, under the real runtime client.

`python -m benchmarks.starts [--rounds 5]`. What `make build` ships is measured, beside the same without its compiled
modules (what `sam build` alone would ship) and beside a handler that only loads what such handlers need.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.rounds import ROUNDS, Contender, Goal, compare, save
from deploy.bundle import RUNTIME, find_runtime_python
from deploy.rules.reading import target
from local import template

ROOT: Final = Path(__file__).resolve().parents[1]
BUILD: Final = ROOT / ".aws-sam" / "build"
_BARE: Final = """
import os
import boto3, pg8000.native
from aws_lambda_powertools import Logger
LOGGER = Logger(service="bare")
TABLE = boto3.client("dynamodb", region_name="us-east-1")
def handler(event, context):
    return {}
"""
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True)
class Function:
    """What Lambda would start: a handler, its code, its layers in their order."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]

    def start_ms(self, python: str) -> float:
        """Start it once and return how long it took until it asked for an event.

        Raises:
            RuntimeError: it ended, or never asked.
        """
        with closing(socket.create_server(("127.0.0.1", 0))) as runtime_api:
            runtime_api.settimeout(_PATIENCE_S)
            address = "{}:{}".format(*runtime_api.getsockname())
            started = time.perf_counter()
            process = subprocess.Popen(  # noqa: S603  # what was built here
                [python, "-m", "awslambdaric", self.handler], env=self._environment(address), cwd=self.code,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            try:
                _await_question(runtime_api, process)
                return (time.perf_counter() - started) * 1000
            finally:
                process.kill()
                process.communicate()

    def _environment(self, address: str) -> dict[str, str]:
        paths = [self.code, *(layer / "python" for layer in self.layers)]
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "AWS_LAMBDA_RUNTIME_API": address,
            "AWS_LAMBDA_FUNCTION_NAME": self.name,
            "AWS_REGION": "us-east-1",
            "LAMBDA_TASK_ROOT": str(self.code),
            "POWERTOOLS_SERVICE_NAME": self.name,
        }


def _await_question(runtime_api: socket.socket, process: subprocess.Popen[bytes]) -> None:
    runtime_api.settimeout(0.5)
    ends_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < ends_at and process.poll() is None:
        try:
            connection, _ = runtime_api.accept()
        except TimeoutError:
            continue
        with connection:
            asked = connection.recv(4096)
        if b"/runtime/invocation/next" in asked:
            return
        raise RuntimeError(f"it said instead: {asked[:300]!r}")
    raise RuntimeError("it never asked for an event")


def functions() -> list[Function]:
    """Return every function as it was built."""
    built = template.load(BUILD / "template.yaml")
    resources = built["Resources"]
    shared = built.get("Globals", {}).get("Function", {})
    return [
        Function(
            name.removesuffix("Function"),
            resource["Properties"]["Handler"],
            BUILD / name,
            tuple(_layers(resource["Properties"].get("Layers", shared.get("Layers", [])))),
        )
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    ]


def _layers(layers: Sequence[Any]) -> list[Path]:
    is_arm = platform.machine() in ("aarch64", "arm64")
    found = [target(layer["Fn::If"][1 if is_arm else 2] if "Fn::If" in layer else layer) for layer in layers]
    return [BUILD / name for name in found if name]


def without_compiled(function: Function, folder: Path) -> Function:
    """Return the same function with no `.pyc` anywhere."""

    def copy(source: Path) -> Path:
        there = folder / source.name
        if not there.exists():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
        return there

    name = f"{function.name}, without .pyc"
    return replace(function, name=name, code=copy(function.code), layers=tuple(map(copy, function.layers)))


def bare(folder: Path) -> Function:
    """Return a handler that loads a DynamoDB client, a database driver and a logger, compiled as ours are."""
    code = folder / "bare"
    code.mkdir()
    (code / "bare.py").write_text(_BARE)
    layer = BUILD / "DependenciesLayer"
    return Function("bare handler", "bare.handler", code, (layer,))


def _prepared() -> str:
    """The runtime's Python with its packages; what is to be measured is built where that has not happened yet."""
    runtime = find_runtime_python()
    if runtime is None:
        raise SystemExit(f"Python {RUNTIME} is not here, and what is shipped is compiled for it: nothing to measure.")
    if not (BUILD / "template.yaml").exists():
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print, and write benchmarks/results/starts.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args(arguments).rounds
    python = _prepared()
    with tempfile.TemporaryDirectory() as name:
        shipped = functions()
        plain = [without_compiled(each, Path(name)) for each in shipped]
        beside = bare(Path(name))
        contenders = [
            Contender(each.name, partial(each.start_ms, python), rounds) for each in (*shipped, *plain, beside)
        ]
        goals = [Goal(each.name, beside.name, at_most=1.25) for each in shipped]
        goals += [Goal(ours.name, same.name, at_most=0.6) for ours, same in zip(shipped, plain, strict=True)]
        title = "From the start of the process to its first question for an event"
        found = compare(title, contenders, unit="ms", goals=goals, rounds=rounds)
        save("starts", [found], _versions(python))


def _versions(python: str) -> Mapping[str, str]:
    asked = "from importlib.metadata import version; print(version('awslambdaric'), version('boto3'))"
    said = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603
    return {"runtime": RUNTIME, **dict(zip(("awslambdaric", "boto3"), said, strict=True))}


if __name__ == "__main__":
    main()

"""MiniStack as a child process, in an environment of its own, on a free port of this machine alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from deploy import bundle
from local.leash import leashed
from local.postgres import free_port
from local.state import ROOT

VENV: Final = ".venv-ministack"
REGION: Final = "us-east-1"
ACCOUNT: Final = "000000000000"
_START_S: Final = 60.0
_STOP_S: Final = 20.0


class EmulatorError(Exception):
    """MiniStack cannot be made ready here; the message is for a person."""


def make_ready() -> Path:
    """Return the Python that runs MiniStack and, through it, the functions: the runtime's own where there is one.

    Raises:
        EmulatorError: the environment could not be made; what pip said is above.
    """
    runtime = bundle.find_runtime_python()
    chosen = {"NIGHTSHIFT_PYTHON": runtime} if runtime else {}
    command = [sys.executable, str(ROOT / "local" / "bootstrap.py"), "ministack"]
    if subprocess.run(command, cwd=ROOT, env={**os.environ, **chosen, "NIGHTSHIFT_VENV": VENV}, check=False).returncode:
        raise EmulatorError(f"{VENV} could not be made")
    return ROOT / VENV / "bin" / "python"


class MiniStack:
    """The server; everything in it is gone when it stops."""

    def __init__(self, python: Path, folder: Path) -> None:
        """`folder` takes its log and what its functions unpack."""
        self._python = python
        self._folder = folder
        self.log = folder / "ministack.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and return when it answers. Raises EmulatorError with the end of its log when it does not."""
        self.port = free_port()
        unpacked = self._folder / "tmp"
        unpacked.mkdir(exist_ok=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                leashed([str(self._python), "-m", "ministack"], death=signal.SIGTERM),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=self._environment(unpacked),
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise EmulatorError(f"MiniStack did not start:\n{self.tail()}")
            time.sleep(0.1)

    def _environment(self, unpacked: Path) -> dict[str, str]:
        """Its functions inherit this: no credentials, no paths of modules and no settings of ours may be in it."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._folder),
            "TMPDIR": str(unpacked),
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "LAMBDA_EXECUTOR": "local",
            # Policies are kept, not only stored.
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=5):  # noqa: S310 - our own address
                return True
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End it and the functions it has started."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def tail(self, lines: int = 25) -> str:
        """Return the end of its log, in which the functions' own lines are as well."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def environment(self) -> dict[str, str]:
        """What the SAM CLI needs to come here and nowhere else: an account's number is the key of its root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": "",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def session(self) -> Any:
        """Return a boto3 session whose clients come here, whatever the environment of this process says."""
        import boto3

        return _Session(boto3.Session(ACCOUNT, "test", region_name=REGION), self.endpoint)


class _Session:
    """As much of a boto3 session as is asked of one, with an address of its own."""

    def __init__(self, session: Any, endpoint: str) -> None:
        self._session = session
        self._endpoint = endpoint
        self.region_name = session.region_name

    def client(self, service: str) -> Any:
        return self._session.client(service, endpoint_url=self._endpoint)

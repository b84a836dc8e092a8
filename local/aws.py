"""The AWS services of the local system: where they answer, and how clients find them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from local.leash import leashed

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
_STOP_S: Final = 5.0


class AwsServices:
    """moto's server as a child process; everything in it is gone when it stops."""

    def __init__(self, log: Path) -> None:
        """`log` takes what the server says of its own troubles."""
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self.endpoint = ""

    def start(self) -> None:
        """Starts the server and returns when it listens.

        Raises:
            RuntimeError: it ended at once; its log says why.
        """
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed([sys.executable, "-m", "local.aws_server"], death=signal.SIGKILL),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=Path(__file__).resolve().parent.parent,
                # Real credentials of a person must not reach it, nor must a proxy or a profile.
                env={"PATH": os.environ.get("PATH", os.defpath), **credentials()},
                start_new_session=True,
            )
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        self.endpoint = self._process.stdout.readline().strip()
        if not self.endpoint:
            raise RuntimeError(f"The local AWS services did not start: see {self._log}")

    def stop(self) -> None:
        """Ends the server; its memory goes with it."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def environment(self) -> dict[str, str]:
        """What a client needs in its environment to come here and nowhere else."""
        return {"AWS_ENDPOINT_URL": self.endpoint, **credentials()}


def credentials() -> dict[str, str]:
    """Invented credentials: enough to sign with, worth nothing outside."""
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@cache
def client(service: str, endpoint: str) -> Any:
    """A boto3 client for our own use, whatever the environment of this process says; made once, which is slow."""
    import boto3

    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - invented
    )

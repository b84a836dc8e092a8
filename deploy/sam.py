"""The SAM CLI, in its own environment (docs/adr/0035)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from deploy.guide.parameters import override

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / ".aws-sam" / "build" / "template.yaml"


def deploy(
    stack: str,
    parameters: Mapping[str, str],
    *options: str,
    environment: Mapping[str, str] | None = None,
    output: IO[Any] | None = None,
) -> int:
    """Run `sam deploy` for a stack and return its exit status; it ends when the stack is ready or rolled back.

    `environment` is added to this process's own; `output` takes what the SAM CLI says, else the terminal does.
    """
    overrides = [override(name, value) for name, value in sorted(parameters.items())]
    given = ["--parameter-overrides", *overrides] if overrides else []
    command = [sys.executable, str(ROOT / "local" / "bootstrap.py"), "sam", "-m", "samcli", "deploy"]
    done = subprocess.run(
        [*command, "--stack-name", stack, "--no-progressbar", *options, *given],
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_TELEMETRY": "0", **(environment or {}), "NIGHTSHIFT_VENV": ".venv-sam"},
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        check=False,
    )
    return done.returncode

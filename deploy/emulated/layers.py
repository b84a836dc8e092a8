"""Layers hold binaries for Lambda: where this machine is another, its own are laid into a copy of what was built."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from deploy import bundle
from deploy.emulated.ministack import EmulatorError
from local.state import ROOT

# Layers whose packages do not work without their compiled parts, and the lock file each is made from.
_COMPILED: Final = {
    "ExtractionLayer": "extraction",
    "ForecastingLayerArm": "forecasting",
    "ForecastingLayerIntel": "forecasting",
}
_ARM: Final = ("arm64", "aarch64")


def architecture() -> str:
    """Return the value of the parameter Architecture that is this machine's."""
    return "arm64" if platform.machine().lower() in _ARM else "x86_64"


def fitting(built: Path, copy: Path, python: Path) -> tuple[Path, str]:
    """Return the folder to deploy from, and what was changed in it: nothing on Linux with the runtime's Python.

    Raises:
        EmulatorError: the packages cannot be had for this machine; pip says why.
    """
    asked = [str(python), "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    if version == bundle.RUNTIME and sys.platform == "linux":
        return built, ""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(built, copy)
    for layer, lock in _COMPILED.items():
        if (copy / layer).exists():
            _install(python, ROOT / "requirements" / f"{lock}.txt", copy / layer / "python")
    return copy, (
        f"functions run on Python {version} of this machine, not on {bundle.RUNTIME}: the compiled packages of the "
        "layers are those for it, and no .pyc is used"
    )


def _install(python: Path, requirements: Path, target: Path) -> None:
    shutil.rmtree(target)
    options = ["--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
    command = [str(python), "-m", "pip", "install", *options, "--target", str(target), "-r", str(requirements)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise EmulatorError(f"{requirements.name} cannot be installed for this machine:\n{done.stdout}")

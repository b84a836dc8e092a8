"""Locks the dependency groups of pyproject.toml into requirements/*.txt, with hashes, for every platform."""

from __future__ import annotations

import subprocess
import sys

from local.bootstrap import ROOT

# `dev` holds all groups and comes first: the others take the same versions from it.
LOCKS = ("dev", "local", "runtime", "extraction", "forecasting", "bench", "bench-forecasts", "audit", "pip")
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
)


def lock(name: str) -> None:
    """Writes requirements/NAME.txt; versions already locked stay unless the groups ask for others."""
    constraint = () if name == "dev" else ("--constraint", "requirements/dev.txt")
    output = ("--output-file", f"requirements/{name}.txt")
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, "--group", name, *constraint, *output]
    subprocess.run(command, cwd=ROOT, check=True)
    print(f"requirements/{name}.txt")


if __name__ == "__main__":
    for each in LOCKS:
        lock(each)

"""Cold start: what a handler imports at its start must not bring httpx along."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["nightshift.outbound", "product_checks.fetching"])
def test_no_heavy_package_comes_with_the_import(module: str) -> None:
    heavy = "{'httpx', 'httpcore', 'protego', 'idna'}"
    code = f"import sys; sys.path[:0] = {sys.path!r}; import {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

"""What the door imports for the routes of puppet jobs: nothing that only carries jobs out."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.contract.source import ROOT

_LOOK = "import sys, puppet.routes; print(*sorted(name for name in sys.modules if name.startswith('puppet')))"


def test_the_routes_do_without_the_store_and_the_executors() -> None:
    path = os.pathsep.join(str(ROOT / part) for part in ("functions", "layers/nightshift"))
    told = subprocess.run(
        [sys.executable, "-c", _LOOK],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(told.stdout.split())
    assert "puppet.routes" in loaded
    assert not {"puppet.store", "puppet.executing", "puppet.invites", "puppet.processing"} & loaded

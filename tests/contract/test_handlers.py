"""Every handler of the template can be loaded from what its function ships: its code, its layers, the runtime."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from deploy.rules.reading import of_type, target
from deploy.translated import Template, load
from tests.contract.source import ROOT, outside, reachable, shipped

FUNCTIONS = dict(of_type(load(), "AWS::Serverless::Function"))
# What the runtime brings along.
RUNTIME = {"boto3", "botocore"} | sys.stdlib_module_names
# Each costs a cold start more than the handler itself; whoever needs one imports it where it is used.
HEAVY = ("boto3", "httpx", "numpy", "pg8000", "pydantic", "selectolax", "aws_xray_sdk")
# The door names the jobs of a domain and never runs them: what only a run loads need not be in its layers.
NEVER_LOADED = {"ApiFunction": {"numpy", "protego", "selectolax"}}
LAYER_FILES = {
    "NightshiftLayer": (),
    "DependenciesLayer": ("requirements/runtime.txt",),
    "ExtractionLayer": ("requirements/extraction.txt",),
    "ForecastingLayerArm": ("requirements/forecasting.txt",),
    "ForecastingLayerIntel": ("requirements/forecasting.txt",),
}
LOADS = """
import importlib, json, sys
before = set(sys.modules)
sys.path[:0] = json.loads(sys.argv[1])
module, _, name = sys.argv[2].rpartition(".")
assert callable(getattr(importlib.import_module(module), name)), "not callable"
print(json.dumps(sorted({each.partition(".")[0] for each in set(sys.modules) - before})))
"""


def _layers(function: dict[str, Any]) -> list[str]:
    """All that may be there: of the layers that a condition chooses from, one."""
    branches = [layer.get("Fn::If", ["", layer])[1:] for layer in function.get("Layers", [])]
    return [target(layer) for branch in branches for layer in branch]


def _paths(function: dict[str, Any]) -> list[str]:
    """Where Lambda would look: the code, then the layers (the packages of both are those of this environment)."""
    layers = _layers(function)
    own = [ROOT / "layers" / "nightshift"] if "NightshiftLayer" in layers else []
    packages = [Path(sysconfig.get_path("purelib"))] if len(layers) > len(own) else []
    return [str(path) for path in (ROOT / "functions", *own, *packages)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_handler_loads_without_settings_and_quickly(name: str, tmp_path: Path) -> None:
    function = FUNCTIONS[name]
    alone = [sys.executable, "-I", "-S", "-W", "error", "-c", LOADS]
    command = [*alone, json.dumps(_paths(function)), function["Handler"]]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert not set(HEAVY) & set(loaded), "imported before anything was asked for"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_its_layers_hold_all_that_it_imports(name: str) -> None:
    sources = shipped()
    handler = FUNCTIONS[name]["Handler"].rpartition(".")[0]
    layers = _layers(FUNCTIONS[name])
    modules = reachable(handler, sources)

    wanted = outside(modules, sources) - _packages(layers) - RUNTIME - NEVER_LOADED.get(name, set())

    assert not wanted, f"no layer of {name} holds {wanted}"
    uses_library = any(module.startswith("nightshift") for module in modules)
    assert uses_library == ("NightshiftLayer" in layers)


def _packages(layers: list[str]) -> set[str]:
    """The import names of what the layers' lock files list."""
    files = [ROOT / file for layer in layers for file in LAYER_FILES[layer]]
    lines = [line for file in files for line in file.read_text().splitlines() if "==" in line]
    locked = {_normal(line.partition("==")[0]) for line in lines}
    return {name for name, owners in packages_distributions().items() if {_normal(each) for each in owners} & locked}


def _normal(distribution: str) -> str:
    return distribution.strip().lower().replace("_", "-").replace(".", "-")


def test_every_layer_is_known_here(written: Template) -> None:
    assert set(LAYER_FILES) == {name for name, _ in of_type(written, "AWS::Serverless::LayerVersion")}

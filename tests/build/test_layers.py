"""What is shipped is small, locked and compiled so that a cold start compiles nothing."""

from __future__ import annotations

import re
import struct
import subprocess
from pathlib import Path

import pytest

from deploy.rules.reading import of_type
from deploy.translated import ROOT, load

pytestmark = pytest.mark.long

TEMPLATE = load()
LAYERS = sorted(name for name, _ in of_type(TEMPLATE, "AWS::Serverless::LayerVersion"))
FUNCTIONS = sorted(name for name, _ in of_type(TEMPLATE, "AWS::Serverless::Function"))
LOCKS = {
    "DependenciesLayer": "runtime",
    "ExtractionLayer": "extraction",
    "ForecastingLayerArm": "forecasting",
    "ForecastingLayerIntel": "forecasting",
}
MOST_BYTES = 60_000_000
# What Lambda unpacks for one function at most, its layers included.
MOST_IN_ALL = 250 * 1024 * 1024
UNCHECKED = 0b01


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_is_small(built: Path, layer: str) -> None:
    assert 0 < _size(built / layer) < MOST_BYTES


def test_a_function_with_every_layer_would_still_fit(built: Path) -> None:
    assert sum(_size(built / name) for name in ("ApiFunction", *LAYERS)) < MOST_IN_ALL


@pytest.mark.parametrize("folder", [*LAYERS, *FUNCTIONS])
def test_every_module_is_compiled_for_the_runtime_and_taken_unseen(built: Path, folder: str, python: str) -> None:
    asked = [python, "-I", "-c", "import importlib.util, sys; sys.stdout.buffer.write(importlib.util.MAGIC_NUMBER)"]
    magic = subprocess.run(asked, capture_output=True, check=True).stdout
    modules = sorted((built / folder).rglob("*.py"))
    heads = {module: _head(module) for module in modules}
    wrong = [str(module) for module, head in heads.items() if head != magic + struct.pack("<I", UNCHECKED)]
    assert modules
    assert not wrong, "compiled with other options, or not at all"


def _head(module: Path) -> bytes:
    compiled = module.parent / "__pycache__" / f"{module.stem}.cpython-313.pyc"
    return compiled.read_bytes()[:8] if compiled.exists() else b""


@pytest.mark.parametrize(("layer", "lock"), LOCKS.items())
def test_packages_are_those_of_the_lock_file_and_every_one_has_a_hash(built: Path, layer: str, lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text("utf-8")
    entries = re.findall(r"^([a-z0-9-]+)==([^\s;]+)(.*(?:\n +--hash=sha256:[0-9a-f]{64}.*)*)", text, re.MULTILINE)
    locked = {(name, version) for name, version, _ in entries}

    shipped = {_named(info) for info in (built / layer / "python").glob("*.dist-info")}

    assert all("--hash=sha256:" in rest for _, _, rest in entries)
    assert shipped
    assert shipped <= locked


def _named(info: Path) -> tuple[str, str]:
    name, _, version = info.name.removesuffix(".dist-info").partition("-")
    return name.lower().replace("_", "-").replace(".", "-"), version


def test_no_layer_hides_a_file_of_another(built: Path) -> None:
    """Layers are laid over each other in /opt, and so must not hold two files of one name."""
    seen: dict[Path, str] = {}
    for layer in (name for name in LAYERS if name != "ForecastingLayerIntel"):
        for file in (built / layer).rglob("*"):
            if file.is_file():
                place = file.relative_to(built / layer)
                assert place not in seen, f"{place} is in {seen[place]} and in {layer}"
                seen[place] = layer

"""What is shipped: our code and its data, packages for both processors, compiled, and nothing that nobody reads."""

from __future__ import annotations

import importlib.util
import struct
import subprocess
import sys
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from deploy import bundle

RUNTIME = bundle.find_runtime_python()


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_code_is_shipped_with_its_data_and_without_the_rest(tmp_path: Path) -> None:
    source = _write(
        tmp_path / "functions",
        {
            "shop/job.py": "A = 1",
            "shop/queries.sql": "SELECT 1",
            "Makefile": "",
            "shop/__pycache__/job.pyc": "",
            ".x": "",
        },
    )

    bundle.ship_code(source, tmp_path / "out", "/var/task")

    shipped = {str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*") if file.is_file()}
    compiled = {"shop/__pycache__/job.cpython-313.pyc"} if RUNTIME else set()
    assert shipped == {"shop/job.py", "shop/queries.sql"} | compiled


@pytest.mark.skipif(RUNTIME is None, reason="needs the runtime's Python to compile")
def test_compiled_code_is_taken_without_a_look_at_the_source(tmp_path: Path) -> None:
    source = _write(tmp_path / "functions", {"job.py": "print('compiled')"})

    bundle.ship_code(source, tmp_path / "out", "/var/task")

    (pyc,) = (tmp_path / "out").rglob("*.pyc")
    assert struct.unpack("<I", pyc.read_bytes()[4:8]) == (0b01,), "1 is: by hash, and unchecked (PEP 552)"
    (tmp_path / "out" / "job.py").write_text("raise SystemExit('read the source')")
    assert RUNTIME is not None
    command = [RUNTIME, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'out')!r}); import job"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "compiled\n"


@pytest.mark.skipif(RUNTIME is None, reason="needs the runtime's Python to compile")
def test_the_same_code_gives_the_same_bytes_wherever_it_is_built(tmp_path: Path) -> None:
    source = _write(tmp_path / "functions", {"job.py": "def work(): return 1"})

    for place in ("here", "there"):
        bundle.ship_code(source, tmp_path / place, "/var/task")

    here, there = (next((tmp_path / place).rglob("*.pyc")).read_bytes() for place in ("here", "there"))
    assert here == there
    assert b"/var/task/job.py" in here


def test_without_the_runtimes_python_code_is_shipped_and_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    source = _write(tmp_path / "functions", {"job.py": "A = 1"})

    bundle.ship_code(source, tmp_path / "out", "/var/task")

    assert [file.name for file in (tmp_path / "out").rglob("*") if file.is_file()] == ["job.py"]
    assert "without .pyc" in capsys.readouterr().out


def test_a_shim_that_does_not_run_is_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert bundle.find_runtime_python() is None


def test_packages_keep_licence_and_version_and_lose_what_nobody_reads(tmp_path: Path) -> None:
    info = "shop-1.0.dist-info"
    _write(
        tmp_path,
        {
            "shop/__init__.py": "",
            "shop/fast.c": "",
            "shop/fast.pyi": "",
            "shop/fast.a": "",
            "shop/tests/test_shop.py": "",
            "shop/inner/tests/data.json": "",
            "shop/fast.cpython-313-x86_64-linux-gnu.so": "",
            "bin/shop": "",
            f"{info}/METADATA": "Metadata-Version: 2.1\nName: shop\nVersion: 1.0\n\nA long story",
            f"{info}/RECORD": "",
            f"{info}/licenses/LICENSE": "MIT",
        },
    )

    bundle.prune(tmp_path)

    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    assert left == {
        "shop/__init__.py",
        "shop/fast.cpython-313-x86_64-linux-gnu.so",
        f"{info}/METADATA",
        f"{info}/licenses/LICENSE",
    }
    assert PathDistribution(tmp_path / info).version == "1.0"
    assert "story" not in (tmp_path / info / "METADATA").read_text()


def test_both_processors_lie_side_by_side(tmp_path: Path) -> None:
    arm = _write(tmp_path / "arm", {"shop.py": "A = 1", "fast.cpython-313-aarch64-linux-gnu.so": "a"})
    intel = _write(tmp_path / "intel", {"shop.py": "A = 1", "fast.cpython-313-x86_64-linux-gnu.so": "i"})

    bundle.merge(arm, tmp_path / "out")
    bundle.merge(intel, tmp_path / "out")

    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_file_that_differs_between_processors_stops_the_build(tmp_path: Path) -> None:
    bundle.merge(_write(tmp_path / "arm", {"shop.py": "A = 1"}), tmp_path / "out")

    with pytest.raises(SystemExit, match=r"shop\.py differs between the processors"):
        bundle.merge(_write(tmp_path / "intel", {"shop.py": "A = 2"}), tmp_path / "out")


def test_the_builder_needs_nothing_but_the_standard_library() -> None:
    assert importlib.util.find_spec("deploy.bundle") is not None
    command = [sys.executable, "-I", "-S", str(Path(bundle.__file__)), "--help"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0

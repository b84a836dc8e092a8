"""Fills the folders that `sam build` ships: our code, or locked third-party packages, with `.pyc` beside it.

`sam build` by itself ships no `.pyc`, so every cold start would compile every module again. The Makefiles of
`functions/` and `layers/*/` call this with whatever python3 there is: standard library only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RUNTIME = "3.13"
# One layer serves both, unless told otherwise: compiled modules carry the processor in their name, so both sets lie
# side by side.
PROCESSORS = ("aarch64", "x86_64")
# The runtime is Amazon Linux 2023, which has glibc 2.34.
PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34")
NOT_SHIPPED = ("__pycache__", "*.py[co]", "Makefile", "*.md", ".*")
# Sources and static parts of compiled modules, type stubs, command line entry points: no function ever reads them.
NEVER_READ = (".a", ".c", ".h", ".pxd", ".pxi", ".pyi", ".pyx")
# Tests that are shipped with a package, and numpy's compiler of Fortran.
NEVER_ENTERED = ("tests", "numpy/f2py")
KEPT_OF_DIST_INFO = ("METADATA", "licenses", "LICENSE", "LICENSE.txt", "COPYING")


def find_runtime_python() -> str | None:
    """A Python of the runtime's own minor version, on the path or among pyenv's; None when there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [f"python{RUNTIME}", *sorted(map(str, pyenv.glob(f"{RUNTIME}*/bin/python{RUNTIME}")))]
    return next((each for each in candidates if _is_runtime(each)), None)


def _is_runtime(command: str) -> bool:
    """Whether it runs (a pyenv shim may not) and is the version it says."""
    path = shutil.which(command)
    if path is None:
        return False
    asked = [path, "-I", "-c", "import sys; print('{}.{}'.format(*sys.version_info))"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == RUNTIME


def ship_code(source: Path, target: Path, runs_in: str) -> None:
    """Copies our own modules with their data files (SQL, pages), compiled for the runtime."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(*NOT_SHIPPED), dirs_exist_ok=True)
    compile_for_runtime(target, runs_in)


def ship_packages(requirements: Path, target: Path, runs_in: str, processors: tuple[str, ...] = PROCESSORS) -> None:
    """Installs the locked packages for these processors, drops what is never read and compiles the rest."""
    for processor in processors:
        with tempfile.TemporaryDirectory() as folder:
            install(requirements, Path(folder), processor)
            prune(Path(folder))
            merge(Path(folder), target)
    compile_for_runtime(target, runs_in)


def install(requirements: Path, target: Path, processor: str) -> None:
    """Lets pip fetch wheels for the runtime, never for this machine; every hash is checked."""
    # The runtime's own pip when there is one: markers such as python_version are read by the pip that runs.
    python = find_runtime_python() or sys.executable
    options = ["--quiet", "--no-deps", "--require-hashes", "--no-compile", "--disable-pip-version-check"]
    kind = ["--only-binary=:all:", "--python-version", RUNTIME, "--implementation", "cp"]
    platforms = [f"--platform={each}_{processor}" for each in PLATFORMS]
    command = [python, "-m", "pip", "install", *options, *kind, *platforms, "--target", str(target)]
    subprocess.run([*command, "-r", str(requirements)], check=True)


def prune(folder: Path) -> None:
    """Removes what no function reads; licences stay, and METADATA keeps the version that packages ask for."""
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for inner in [path for name in NEVER_ENTERED for path in folder.rglob(name) if path.is_dir()]:
        shutil.rmtree(inner, ignore_errors=True)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in NEVER_READ:
            file.unlink()
    for info in folder.glob("*.dist-info"):
        for entry in info.iterdir():
            if entry.name not in KEPT_OF_DIST_INFO:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        metadata = info / "METADATA"
        # The head alone: the body is the package's README, which importlib.metadata would parse for a version.
        metadata.write_text(metadata.read_text("utf-8").partition("\n\n")[0] + "\n", "utf-8")


def merge(source: Path, target: Path) -> None:
    """Lays one set of packages over the other; two different files of one name would be a broken layer."""
    for file in sorted(source.rglob("*")):
        goal = target / file.relative_to(source)
        if file.is_dir():
            goal.mkdir(parents=True, exist_ok=True)
        elif not goal.exists():
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, goal)
        elif goal.read_bytes() != file.read_bytes():
            raise SystemExit(f"{goal.relative_to(target)} differs between the processors: build a layer for each")


def compile_for_runtime(folder: Path, runs_in: str) -> None:
    """Writes `.pyc` that Python takes without looking at the source; the same bytes wherever they are built."""
    python = find_runtime_python()
    if python is None:
        print(f"No Python {RUNTIME} on this machine: shipped without .pyc, every cold start will compile.")
        return
    mode = ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", runs_in]
    # Beside the sources, wherever this machine keeps what it compiles otherwise.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPYCACHEPREFIX"}
    subprocess.run([python, "-m", "compileall", "-q", "-f", *mode, str(folder)], check=True, env=environment)


def size_of(folder: Path) -> str:
    """How much is shipped, for people."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    compiled = sum(file.suffix == ".pyc" for file in files)
    size_kb = sum(file.stat().st_size for file in files) / 1024
    return f"{size_kb:8,.0f} KiB in {len(files)} files, {compiled} of them .pyc"


def main() -> None:
    """`bundle.py code|packages SOURCE TARGET RUNS_IN`, or `bundle.py sizes FOLDER` for what has been built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("code", "packages", "sizes"))
    parser.add_argument("source", type=Path, help="folder of code, file of locked requirements, or build folder")
    parser.add_argument("target", type=Path, nargs="?", help="folder to fill")
    parser.add_argument("runs_in", nargs="?", help="where AWS mounts that folder")
    parser.add_argument("--processor", choices=PROCESSORS, help="packages for this one alone; both without it")
    given = parser.parse_args()
    if given.kind == "sizes":
        for folder in sorted(path for path in given.source.iterdir() if path.is_dir()):
            print(f"{folder.name:24}{size_of(folder)}")
        return
    given.target.mkdir(parents=True, exist_ok=True)
    if given.kind == "code":
        ship_code(given.source, given.target, given.runs_in)
    else:
        processors = (given.processor,) if given.processor else PROCESSORS
        ship_packages(given.source, given.target, given.runs_in, processors)


if __name__ == "__main__":
    main()

"""Makes the virtual environment from the lock files, then runs the given command in it.

Runs under whatever `python3` a fresh machine has, before any package is there: standard library only, and
no syntax that an old Python could not read well enough to be told it is too old.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
IMPORT_ROOTS = (".", "functions", "layers/nightshift")
PREFERRED = ("python3.13", "python3.12", "python3.11", "python3")
PROBE = (
    "import sys, importlib.util as u; "
    "print(*sys.version_info[:2], int(all(map(u.find_spec, ('venv', 'ensurepip')))), "
    "int(u.find_spec('venv') is not None and u.find_spec('pip') is not None), sys.executable)"
)


class CannotPrepareError(Exception):
    """The environment cannot be made here; the message says what is missing and what would help."""


class Interpreter:
    """A Python on this machine: its path, version, and whether it can make environments."""

    def __init__(self, answer: str) -> None:
        major, minor, ensurepip, pip, path = answer.split(None, 4)
        self.version = (int(major), int(minor))
        self.has_ensurepip = ensurepip == "1"
        self.has_pip = pip == "1"
        self.path = path.strip()

    @property
    def name(self) -> str:
        """As people write it: `python3.13`."""
        return "python{}.{}".format(*self.version)


def probe(command: str) -> Interpreter | None:
    """Asks a command what it is; None when it does not run (a pyenv shim without its version, say)."""
    path = shutil.which(command)
    if path is None:
        return None
    asked = subprocess.run([path, "-I", "-c", PROBE], capture_output=True, text=True, check=False)
    return Interpreter(asked.stdout) if asked.returncode == 0 else None


def find_interpreter() -> Interpreter:
    """The newest suitable Python, or the one named by NIGHTSHIFT_PYTHON."""
    wanted = os.environ.get("NIGHTSHIFT_PYTHON")
    names = (wanted,) if wanted else (*PREFERRED, sys.executable)
    found = [answer for answer in map(probe, names) if answer is not None]
    recent = [one for one in found if one.version >= OLDEST]
    if not recent:
        seen = ", ".join(sorted({one.name for one in found})) or "none that runs"
        raise CannotPrepareError(
            f"Python 3.11 or newer is needed (found: {seen}). Install one, for example with your system's "
            "package manager, or name it: NIGHTSHIFT_PYTHON=/path/to/python3.13 make ..."
        )
    able = [one for one in recent if one.has_ensurepip] or [one for one in recent if one.has_pip]
    if not able:
        first = recent[0]
        raise CannotPrepareError(
            f"{first.path} cannot make virtual environments: its venv or ensurepip module is missing. "
            f"On Debian or Ubuntu: apt-get install {first.name}-venv"
        )
    return able[0]


class Environment:
    """A virtual environment with the stamps that say what was installed into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.unfinished = folder / "unfinished"

    def stamp(self, lock: str) -> Path:
        """Where the hash of an installed lock file is kept."""
        return self.folder / f"installed-{lock}"

    def is_ready(self, lock: str) -> bool:
        """Whether the lock file as it is now has been installed completely."""
        stamp = self.stamp(lock)
        ready = not self.unfinished.exists() and stamp.exists() and stamp.read_text() == fingerprint(lock)
        return ready and self._suits()

    def _suits(self) -> bool:
        """Whether its interpreter still runs and is the one that was asked for, if one was."""
        if not self.python.exists():
            return False
        wanted = os.environ.get("NIGHTSHIFT_PYTHON")
        if not wanted:
            return True
        asked, here = probe(wanted), probe(str(self.python))
        return asked is not None and here is not None and asked.version == here.version

    def prepare(self, lock: str) -> None:
        """Makes or completes it; what an interrupted call left behind is made anew."""
        if self.folder.exists() and (self.unfinished.exists() or not self._works()):
            say(f"{self.folder.name} is incomplete or was made for another Python: making it again")
            shutil.rmtree(self.folder)
        if not self.folder.exists():
            self._create(find_interpreter())
        self.unfinished.touch()
        try:
            self._install(lock)
        except CannotPrepareError:
            self.unfinished.unlink()  # pip has ended by itself: what is there is whole
            raise
        self.stamp(lock).write_text(fingerprint(lock))
        if lock == "dev":
            self.stamp("local").write_text(fingerprint("local"))
        self.unfinished.unlink()

    def _works(self) -> bool:
        if not self._suits():
            return False
        command = [str(self.python), "-c", "import pip"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def _create(self, interpreter: Interpreter) -> None:
        say(f"Making {self.folder.name} with {interpreter.name} ({interpreter.path})")
        self.folder.mkdir(parents=True)
        self.unfinished.touch()
        options = [] if interpreter.has_ensurepip else ["--without-pip"]
        run([interpreter.path, "-m", "venv", *options, str(self.folder)])
        if not interpreter.has_ensurepip:
            pip = [interpreter.path, "-m", "pip", "--python", str(self.python), "install", "-q"]
            run([*pip, "--require-hashes", "--only-binary=:all:", "-r", str(lock_file("pip"))])

    def _install(self, lock: str) -> None:
        file = lock_file(lock)
        total = len(re.findall(r"^\S+==", file.read_text(), re.MULTILINE))
        say(f"Installing {total} packages as locked in {file.relative_to(ROOT)}")
        # Wheels alone: to build a package from its sources, pip would fetch the tools for it without any hash.
        options = ["--require-hashes", "--no-deps", "--no-compile", "--no-input", "--only-binary=:all:"]
        quiet = ["--disable-pip-version-check", "--progress-bar", "off"]
        command = [str(self.python), "-m", "pip", "install", *options, *quiet, "-r", str(file)]
        follow(command, total)


def follow(command: list[str], total: int) -> None:
    """Runs pip and tells a person what it is downloading and how far it is."""
    started, seen = time.monotonic(), 0
    tail: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            tail = [*tail[-20:], line]
            seen += line.startswith(("Collecting ", "Processing ", "Requirement already satisfied", "Ignoring "))
            size = re.match(
                r"(?:\s+Downloading|\s+Using cached|Processing) (\S+?)-(\d[^-]*)-\S+(?: (\([\d.]+ [kMG]?B\)))?", line
            )
            if size:
                name = size.group(1).rpartition("/")[2]
                say(f"  [{seen:>3}/{total}] {name} {size.group(2)} {size.group(3) or '(here already)'}")
            elif line.startswith("Installing collected"):
                say(f"  unpacking, {time.monotonic() - started:.0f} s so far")
    if pip.returncode:
        raise CannotPrepareError("The packages could not be installed:\n" + "".join(tail))
    say(f"  done in {time.monotonic() - started:.0f} s; the next start skips this")


def run(command: list[str]) -> None:
    """Runs a step that has nothing to show unless it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise CannotPrepareError(f"{' '.join(command)} failed:\n{done.stdout}")


def lock_file(lock: str) -> Path:
    """`local` (to run the system), `dev` (to test and check it as well), or one for an environment of its own."""
    return ROOT / "requirements" / f"{lock}.txt"


def fingerprint(lock: str) -> str:
    """What the stamp of a complete installation holds."""
    return hashlib.sha256(lock_file(lock).read_bytes()).hexdigest()


def say(text: str) -> None:
    """Progress goes to stderr: stdout belongs to the command that follows."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def one_at_a_time(folder: Path):  # type: ignore[no-untyped-def]  # noqa: ANN201 - read by any Python 3
    """Two calls of make in one checkout take turns."""
    import fcntl

    with (folder.parent / f"{folder.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"Another command is preparing {folder.name}: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(lock: str) -> Path:
    """The interpreter of a complete environment, made first if need be."""
    environment = Environment(ROOT / os.environ.get("NIGHTSHIFT_VENV", ".venv"))
    if not environment.is_ready(lock):
        with one_at_a_time(environment.folder):
            if not environment.is_ready(lock):
                environment.prepare(lock)
    return environment.python


def main(arguments: list[str]) -> int:
    """`bootstrap.py local|dev ARGUMENTS...` runs the environment's Python with the arguments."""
    try:
        python = str(ensure(arguments[0]))
    except CannotPrepareError as problem:
        say(f"nightshift: {problem}")
        return 2
    except KeyboardInterrupt:
        say("Stopped. The next call begins again.")
        return 130
    if arguments[1:]:
        os.chdir(ROOT)
        # Where imports start, as pyproject.toml has it for the tests and Lambda for the functions.
        os.environ["PYTHONPATH"] = os.pathsep.join(str(ROOT / part) for part in IMPORT_ROOTS)
        # Many short processes load the same modules: compiled once, and out of everybody's sight.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(python).parent.parent / "pycache")
        os.execv(python, [python, *arguments[1:]])  # noqa: S606 - no shell is the point
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

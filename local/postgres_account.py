"""As whom PostgreSQL runs, and where: it refuses to run as root, so root lends it another account."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Reachable by every account, and kept over a restart of the machine, unlike /tmp.
_COMMON_GROUND: Final = Path("/var/tmp")  # noqa: S108 - our folder in it is checked to be ours


class AccountError(Exception):
    """No account can be used to run the server; the message says what would help."""


@dataclass(frozen=True)
class Account:
    """Who runs the server (`None`: we ourselves) and which binaries this user can reach."""

    user: tuple[int, int] | None
    binaries: Path

    def make_folder(self, path: Path) -> None:
        """Makes a folder that this account alone can use, or checks that it can use the one there is."""
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.user is not None:
            os.chown(path, *self.user)
        if not os.access(path, os.W_OK):
            owner = path.stat().st_uid
            raise AccountError(f"{path} belongs to user {owner}: run `make reset` as that user first.")

    def write_file(self, path: Path, text: str) -> None:
        """Writes a file that this account alone can read."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(text)
        if self.user is not None:
            os.chown(path, *self.user)

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a short program as this account; what it says is in `stdout`."""
        uid, gid = self.user or (None, None)
        return subprocess.run(
            command,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else (),
            cwd="/",
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Nothing of our own environment concerns the server."""
        return {"PATH": os.defpath, "LC_ALL": "C", "HOME": "/"}


def place_for(folder: Path) -> Path:
    """Where a server's data can be when `folder` is where we would want it.

    The same folder, unless we are root and the server's account could not get there (a checkout in /root):
    then a folder in /var/tmp, named after the one that was wanted.
    """
    if os.geteuid() != 0 or _reaches(_unprivileged(folder), _existing(folder)):
        return folder
    name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return _own_folder(_COMMON_GROUND / f"nightshift-{name}") / "postgres"


def find(home: Path, binaries: Path) -> Account:
    """The account for a server with this home; binaries it could not reach are copied beside the data."""
    if os.geteuid() != 0:
        return Account(None, binaries)
    user = _unprivileged(home)
    if _can_run(user, binaries):
        return Account(user, binaries)
    package = binaries.parent.parent
    return Account(user, _copied(package, home.parent / "postgres-binaries") / "pginstall" / "bin")


def _unprivileged(home: Path) -> tuple[int, int]:
    """The owner of data that is already there, else `nobody`."""
    if home.exists() and home.stat().st_uid != 0:
        return home.stat().st_uid, home.stat().st_gid
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise AccountError("PostgreSQL does not run as root and there is no account `nobody`.") from None
    return nobody.pw_uid, nobody.pw_gid


def _can_run(user: tuple[int, int], binaries: Path) -> bool:
    try:
        return Account(user, binaries).run([str(binaries / "postgres"), "--version"]).returncode == 0
    except PermissionError:
        return False


def _reaches(user: tuple[int, int], folder: Path) -> bool:
    try:
        return Account(user, folder).run([shutil.which("test") or "test", "-x", str(folder)]).returncode == 0
    except (PermissionError, OSError) as problem:
        raise AccountError(
            "PostgreSQL does not run as root, and this machine lets root run nothing as another user "
            f"({problem}). Run make as a normal user, or set DATABASE_URL to a server that may be used."
        ) from problem


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


def _own_folder(path: Path) -> Path:
    path.mkdir(exist_ok=True, mode=0o755)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise AccountError(f"{path} is not ours: remove it, or set DATABASE_URL.")
    return path


def _copied(package: Path, target: Path) -> Path:
    """A copy of the wheel's package for the account, made again when the wheel has changed.

    The programs look for their libraries three folders up, in `PACKAGE.libs`: both keep their places.
    """
    stamp = target / "copied-from"
    version = f"{package} {(package / 'pginstall' / 'bin' / 'postgres').stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != version:
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(package, target / package.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "go+rX", str(target)], check=True)  # noqa: S607 - coreutils
        stamp.write_text(version)
    return target / package.name

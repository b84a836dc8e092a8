"""Starts a program that dies when its parent does: nothing of ours is left behind by a kill -9.

Run as a script, in place of the program: it changes the user if asked to, asks Linux for a signal at the
parent's death, and becomes the program. Elsewhere than on Linux it only does the rest.
Linux watches the *thread* that started the program: start it from one that lives as long as the program.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def leashed(command: Sequence[str], *, death: signal.Signals, user: tuple[int, int] | None = None) -> list[str]:
    """The command line that runs a command on the leash, as a (uid, gid) if one is given."""
    who = [] if user is None else ["--user", str(user[0]), str(user[1])]
    options = ["--parent", str(os.getpid()), "--death", str(int(death)), *who]
    return [sys.executable, "-I", "-S", __file__, *options, "--", *command]


def _become(user: Sequence[int]) -> None:
    uid, gid = user
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main() -> None:
    """Becomes the program; does not return."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--death", type=int, required=True)
    parser.add_argument("--user", type=int, nargs=2)
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    # Loaded before the change of user, who may not be able to read our own Python.
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if options.user:
        _become(options.user)
    if libc is not None:  # after the change of user, which would clear it
        libc.prctl(_PR_SET_PDEATHSIG, options.death, 0, 0, 0)
        if os.getppid() != options.parent:  # it died before we asked
            sys.exit(1)
    os.execvp(options.command[0], options.command)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    main()

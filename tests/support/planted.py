"""The secrets that tests work with, from one place: `leaks.py` looks for them in everything that a run has written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

# What is shorter is a word that may stand in a log for other reasons.
_SHORTEST = 12
_planted: set[str] = set()
_found: dict[str, None] = {}


def plant(value: str) -> str:
    """Remember a secret; returns it."""
    if len(value) >= _SHORTEST:
        _planted.add(value)
    return value


def plant_all(document: str) -> str:
    """Remember a secret's value, and each text in it where it is JSON; returns it."""
    plant(document)
    for text in _passwords(document):
        plant(text)
    return document


def plant_files(folder: Path) -> None:
    """Remember what is in the files of a folder, one secret each."""
    for file in folder.glob("*"):
        if file.is_file():
            plant_all(file.read_text("utf-8", errors="replace").strip())


JOB = plant("planted-job-secret-51c0b7d2e94f")
ADMIN = plant("planted-admin-secret-08ad6e3f71b2")
READ = plant("planted-read-secret-b6f2940cd17e")
WARMUP = plant("planted-warmup-secret-7e19d5a3c820")
WEBHOOK = plant("planted-webhook-secret-c43f8b06ae95")
SESSION = plant("planted-session-secret-2fd7e8410b6c")
UNSUBSCRIBE = plant("planted-unsubscribe-secret-94b1c6e0f85d37a2")
WORKER = plant("planted-worker-secret-6a0e2d9f4b71c835")
WORKER_BEFORE = plant("planted-worker-secret-of-before-d18b7c5e03fa")
DATABASE_PASSWORD = plant("planted-database-password-3be09f71")
OPENAI_KEY = plant("sk-planted-openai-key-e5720d1c")
SLACK_TOKEN = plant("T0INVENTED/B0INVENTED/plantedSlackToken8d2c")


def found() -> list[str]:
    """Return where secrets have turned up so far in this process."""
    return list(_found)


def look(where: str, text: str | bytes | None) -> None:
    """Search what was written there for every secret that has been planted."""
    written = text.decode(errors="replace") if isinstance(text, bytes) else text or ""
    for match in _pattern(frozenset(_planted)).finditer(written) if written else ():
        # Enough of it to find out which, and too little to be one.
        _found[f"{match[0][:16]}... in {where}"] = None


def look_into(folder: Path) -> None:
    """Search every log in a folder, also for the secrets that a local system has made there for itself."""
    for made in folder.rglob("secrets"):
        plant_files(made)
    for file in folder.rglob("*"):
        is_log = file.suffix == ".log" or "logs" in file.parts
        if is_log and file.is_file() and not file.is_symlink():
            look(f"{file.parent.name}/{file.name}", file.read_bytes())


@lru_cache(maxsize=4)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str]:
    forms = {form for secret in secrets for form in _forms(secret)}
    return re.compile("|".join(map(re.escape, sorted(forms))))


def _forms(secret: str) -> Iterator[str]:
    """As it is, and as it stands in an address, in JSON and in base64."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode()


def _passwords(document: str) -> Iterator[str]:
    try:
        content: Any = json.loads(document)
    except ValueError:
        return
    if isinstance(content, dict) and isinstance(content.get("password"), str):
        yield content["password"]

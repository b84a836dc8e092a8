"""The dashboard over a real database with rows of every domain, asked as a browser asks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from local.aws import AwsServices
from tests.support import domains
from tests.support.aws import Aws
from tests.support.dashboard import Dashboard, serving
from tests.support.databases import DatabaseServer

ADMIN = "AdminSecret"


@dataclass(frozen=True)
class Seen:
    """An answer as a person sees it."""

    status: int
    headers: dict[str, str]
    html: str

    @property
    def text(self) -> str:
        """What a reader sees, in one line."""
        return _read(self.html.partition("<main")[2])

    @property
    def rows(self) -> list[str]:
        """The rows of the tables, each as its reader sees it."""
        found = re.findall(r"<tr>(.*?)</tr>", self.html, re.DOTALL)
        return [_read(row) for row in found if 'scope="row"' in row]

    @property
    def next(self) -> str | None:
        """The address behind the button that leads to the next page."""
        found = re.search(r'href="([^"]+)" rel="next"', self.html)
        return unescape(found[1]) if found else None

    @property
    def csv(self) -> list[dict[str, str]]:
        """The rows of a CSV file."""
        return list(csv.DictReader(io.StringIO(self.html, newline="")))


def _read(html: str) -> str:
    # Only <bdi> stands within words.
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", re.sub(r"</?bdi[^>]*>", "", html)).split()))


@dataclass(frozen=True)
class Visitor:
    """Looks at pages with a secret of their own."""

    dashboard: Dashboard

    def get(self, path: str, secret: str = ADMIN) -> Seen:
        return self._send("GET", path, secret, None)

    def post(self, path: str, secret: str = ADMIN, **fields: str) -> Seen:
        return self._send("POST", path, secret, urlencode(fields))

    def _send(self, method: str, path: str, secret: str, body: str | None) -> Seen:
        connection = HTTPConnection(urlsplit(self.dashboard.url).netloc, timeout=30)
        headers = {"Accept": "text/html", "Authorization": f"Bearer {self.dashboard.secret(secret)}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        seen = Seen(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())
        connection.close()
        return seen


@pytest.fixture(scope="module")
def served(
    database_server: DatabaseServer, aws_server: AwsServices, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboard]:
    folder = tmp_path_factory.mktemp("pages")
    Aws(aws_server.endpoint).empty()
    with database_server.database() as url, serving(url, aws_server, folder / "secrets", LOG_FOLDER=str(folder)) as one:
        yield one


@pytest.fixture(scope="module")
def filled(served: Dashboard) -> Dashboard:
    """Rows of every domain; whoever changes them puts them back."""
    domains.fill(served.write)
    return served


@pytest.fixture
def dashboard(served: Dashboard, monkeypatch: pytest.MonkeyPatch) -> Dashboard:
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    return served


@pytest.fixture
def visit(dashboard: Dashboard, filled: Dashboard) -> Visitor:
    return Visitor(filled)


@pytest.fixture
def lock(dashboard: Dashboard) -> Any:
    """Takes locks, and gives them back after the test."""
    locks, taken = dashboard.platform.locks, []

    def take(name: str, lease_s: float = 600) -> Any:
        with dashboard.turn:
            taken.append(locks.acquire(name, lease_s, who="a test", run_id="4a0f2a34-8c5c-4e2f-8f9e-4d9a4d6b4f10"))
        return taken[-1]

    yield take
    for lease in taken:
        locks.force_release(lease.name, lease.holder, "a test")

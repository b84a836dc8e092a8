"""docs/your-own-job.md, carried out in a copy of this repository: the job is there, keeps the rules, and works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.new_job import template
from deploy.new_job.__main__ import main
from deploy.new_job.template import CannotAddError, NewJob
from local.bootstrap import IMPORT_ROOTS
from tests.contract.source import ROOT
from tests.support.databases import DatabaseServer

PAGE = (ROOT / "docs" / "your-own-job.md").read_text("utf-8")
COPIED = (
    "deploy", "docs/observability.md", "events", "functions", "layers/nightshift", "local", "template.yaml",
    "tests/contract/guards.txt",
)  # fmt: skip
JOB = NewJob("forget-products", "upkeep", "rate(1 day)", 300, "Delete products that nobody wants to know about.")
CALL = """
import json
from upkeep.forget_products import handler
print(json.dumps(handler({"trigger": "manual", "params": {"days": 30}}, None)))
"""
RULES = """
from deploy import rules
from deploy.translated import load, translate
print(*rules.problems(translate(load())), sep="\\n")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository after `make job` and with the page's code in the handler."""
    if (ROOT / "functions" / JOB.domain).exists():
        pytest.skip("here the page has been followed already")
    root = tmp_path_factory.mktemp("repository")
    for name in COPIED:
        source, there = ROOT / name, root / name
        there.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, there)
    given = [f"--{name}={value}" for name, value in vars(JOB).items() if name != "at_most_s"]
    assert main(given, root) == 0
    code = re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert code
    (root / "functions" / "upkeep" / "forget_products.py").write_text(code[1], "utf-8")
    return root


def _said(root: Path, program: str, **environment: str) -> str:
    path = os.pathsep.join(str(root / part) for part in IMPORT_ROOTS)
    known = {"PATH": os.environ["PATH"], "PYTHONPATH": path, **environment}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=known, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_short() -> None:
    code = re.search(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    assert code
    assert len(code[1].splitlines()) <= 40


def test_the_template_keeps_its_rules(copy: Path) -> None:
    _said(copy, "import runpy; runpy.run_module('deploy.observability.writing', run_name='__main__')")

    assert _said(copy, RULES).strip() == ""
    written = (copy / "template.yaml").read_text("utf-8")
    assert "ForgetProductsErrorsAlarm:" in written
    assert not re.findall(r"forget-products.*_DAYS|ForgetProductsDays", written)


def test_the_door_knows_it(copy: Path) -> None:
    listed = _said(copy, "from api.domains import DOMAINS; print(*[job.name for d in DOMAINS for job in d.JOBS])")

    assert "forget-products" in listed.split()


def test_its_route_is_on_the_list_of_guards_in_its_place(copy: Path) -> None:
    lines = (copy / "tests" / "contract" / "guards.txt").read_text("utf-8").splitlines()

    assert "job     POST /api/jobs/forget-products" in lines
    lines.remove("job     POST /api/jobs/forget-products")
    assert lines == (ROOT / "tests" / "contract" / "guards.txt").read_text("utf-8").splitlines()


@pytest.fixture
def products(database_server: DatabaseServer) -> Iterator[str]:
    with database_server.database() as url:
        connection = database_server.connect(url.rpartition("/")[2])
        connection.run("INSERT INTO users (email) VALUES ('ada@example.com')")
        connection.run(
            "INSERT INTO products (url, updated_at) SELECT 'https://shop.example/' || n, now() - n * interval '20 days'"
            " FROM generate_series(0, 5) AS n"
        )
        connection.run("INSERT INTO tracked_items (user_id, product_id) SELECT 1, max(id) FROM products")
        connection.close()
        yield url


def test_the_job_does_what_the_page_says(copy: Path, aws: object, products: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    said = _said(copy, CALL, DATABASE_URL=products, LOCK_TABLE="nightshift-locks", **kept)

    result = json.loads(said.splitlines()[-1])
    assert (result["status"], result["processed"]) == ("succeeded", 3)


def test_what_is_there_already_or_misnamed_is_refused_and_nothing_is_written(
    copy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (copy / "template.yaml").read_text("utf-8")
    with pytest.raises(CannotAddError, match="already"):
        template.add(before, JOB)

    for wrong in (["--name=Forget"], ["--domain=json"], ["--schedule=@daily"], ["--at-most=0"], ["--description={x}"]):
        given = ["--name=other-job", "--domain=upkeep", "--schedule=rate(1 day)", *wrong]
        assert main(given, tmp_path) == 2
    said = capsys.readouterr().err
    assert all(name in said for name in ("NAME=Forget", "DOMAIN=json", "SCHEDULE", "AT_MOST=0", "DESCRIPTION"))
    assert list(tmp_path.iterdir()) == []

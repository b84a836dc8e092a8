"""The tables of jobs and settings are as they would be made now, and the template and the code say the same."""

from __future__ import annotations

import ast
import re

import pytest

from api.domains import DOMAINS
from deploy import job_table, settings_table
from deploy.declared_settings import IMPORT_ROOTS, Setting, declared
from deploy.marked import replaced
from deploy.rules.reading import of_type
from deploy.tables import PAGES, rewritten
from deploy.translated import Template
from tests.contract.source import ROOT

# Read without a declaration: what a run costs, where the local system keeps its logs, and what AWS itself sets.
UNDECLARED = {"JOB_MEMORY_MB", "FUNCTION_ARCHITECTURE", "LOG_FOLDER", "POWERTOOLS_METRICS_NAMESPACE", "AWS_REGION"}


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_as_it_would_be_written(page: str, written: Template) -> None:
    assert rewritten(page, written) == (ROOT / page).read_text("utf-8"), "make tables"


def test_every_job_has_its_row(written: Template) -> None:
    rows = re.findall(r"^\| \*\*([\w-]+)\*\* \|", job_table.jobs(written), re.MULTILINE)
    assert rows == [job.name for domain in DOMAINS for job in domain.JOBS]


def test_a_job_that_is_off_until_something_is_set_says_what(written: Template) -> None:
    rows = {row.split("**")[1]: row for row in job_table.jobs(written).splitlines()[2:]}
    assert "once `MailFrom` is set" in rows["wishlist-sale-check"]
    assert "once `PuppetExecutors` is set" in rows["puppet-jobs"]
    assert "once" not in rows["retention"]


def test_every_parameter_is_in_one_group(written: Template) -> None:
    named = re.findall(r"^\| `(\w+)` \|", settings_table.parameters(written), re.MULTILINE)
    assert sorted(named) == sorted(written["Parameters"])


def test_every_setting_is_on_the_page_and_says_what_it_means(written: Template) -> None:
    page = settings_table.parameters(written) + settings_table.variables(written)
    given = {name for names in settings_table.variables_of(written).values() for name in names}
    assert len(declared()) > 50
    for setting in declared():
        assert f"`{setting.variable}`" in page, setting.variable
    told = {setting.variable for setting in declared() if setting.tells}
    assert {setting.variable for setting in declared()} - given <= told, "env(…, tells=…) says what it means"


def test_what_the_template_sets_is_read_by_the_code(written: Template) -> None:
    set_there = {
        variable
        for _, function in of_type(written, "AWS::Serverless::Function")
        for variable in function.get("Environment", {}).get("Variables", {})
    }
    assert set_there - UNDECLARED <= {setting.variable for setting in declared()}


def test_nothing_else_is_read_from_the_environment() -> None:
    """Every `environ.get("X")` and `environ["X"]` of the functions and the library, but for the listed ones."""
    read = {
        name
        for root in IMPORT_ROOTS
        for file in root.rglob("*.py")
        if "environ" in (text := file.read_text("utf-8"))
        for name in re.findall(r'environ(?:\.get\(|\[)"(\w+)"', text)
    }
    assert read - UNDECLARED <= {setting.variable for setting in declared()}


def _pairs(template: Template) -> list[tuple[dict[str, object], Setting]]:
    """Each parameter with each declaration of a variable that has exactly its value."""
    return [
        (template["Parameters"][parameter], setting)
        for parameter, variables in settings_table.variables_of(template).items()
        for setting in declared()
        if setting.variable in variables and not setting.variable.endswith("_REF")
    ]


def test_defaults_are_the_same_in_the_template_and_in_the_code(written: Template) -> None:
    for parameter, setting in _pairs(written):
        here, there = parameter.get("Default"), setting.default
        if setting.kind is bool:
            assert here == str(there).lower(), setting.variable
        # Without a value the code has its own word for a shop without a name, and an empty object for no workers.
        elif not setting.is_required and here != "":
            assert here == there, setting.variable


def test_the_code_takes_whatever_the_template_lets_through(written: Template) -> None:
    numbers = [(parameter, setting) for parameter, setting in _pairs(written) if setting.kind is int]
    assert len(numbers) > 20
    for parameter, setting in numbers:
        low, high = parameter["MinValue"], parameter["MaxValue"]
        assert isinstance(low, int)
        assert isinstance(high, int)
        assert setting.minimum is not None
        assert setting.minimum <= low, setting.variable
        assert setting.maximum is not None
        assert setting.maximum >= high, setting.variable


def test_declarations_are_calls_with_a_literal_name() -> None:
    """What `declared` finds by importing is all that stands in the source."""
    found = set()
    for root in IMPORT_ROOTS:
        for file in root.rglob("*.py"):
            if "env(" in (text := file.read_text("utf-8")):
                calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
                named = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "env")
                found |= {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}
    assert found == {setting.variable for setting in declared()}


@pytest.mark.parametrize("page", ["<!-- x -->\n", "", "<!-- x -->\n<!-- /x -->\n" * 2])
def test_a_page_without_its_markers_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="<!-- x -->"):
        replaced(page, "x", "made")


def test_what_was_made_before_is_replaced() -> None:
    page = replaced("a\n<!-- x -->\nold\n<!-- /x -->\nb\n", "x", "new\\1 | \n")
    assert page == "a\n<!-- x -->\nnew\\1 |\n<!-- /x -->\nb\n"

"""Lists: columns declared once, shown as a table (cards where it is narrow), and exported as CSV or JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup, escape

from api.pages.moments import NOTHING
from nightshift import Choice, Integer
from nightshift.parameters import Parameter
from nightshift.routes import Json, Request, Response

Row = Mapping[str, Any]
# A spreadsheet takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
FORMAT = Choice("format", ("html", "csv", "json"), default="html", description="The list as a page or as a file.")
LIMIT = Integer("limit", 1, 200, default=50, description="Rows a page.")


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: its heading, also in the exported CSV.
        value: what a row has in it, plain; under `key` in the exported JSON.
        key: its name for programs.
        show: how a page shows it, where the escaped value would not do.
        kind: a class for the style: `number` (aligned right), `wide` (a text that may wrap), `code`.
    """

    title: str
    key: str
    value: Callable[[Row], Any]
    show: Callable[[Row], Markup | str] | None = None
    kind: str = ""

    def cell(self, row: Row) -> Markup:
        """Return the content of a cell."""
        shown = self.show(row) if self.show else self.value(row)
        return NOTHING if shown in (None, "") else escape(shown)


@dataclass(frozen=True)
class Table:
    """A list with its columns; the first column names the row.

    Attributes:
        caption: what the list is, for everybody.
        more: the path and query of the next page, if there is one.
        exports: the path and query of this very list, to which `format=` is added; empty: it cannot be exported.
        empty: what is said where there is no row.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    more: str = ""
    exports: str = ""
    empty: str = "There is nothing here."
    live: str = "list"

    def export(self, kind: str) -> str:
        """Return where this list is, as `csv` or `json`."""
        return f"{self.exports}{'&' if '?' in self.exports else '?'}format={kind}"


@dataclass(frozen=True)
class Filter:
    """One field of the form above a list: a parameter of the page, and what it is set to."""

    parameter: Parameter
    label: str
    value: Any = None

    @property
    def choices(self) -> Sequence[str]:
        """What can be chosen, or nothing where any text can be given."""
        return self.parameter.choices if isinstance(self.parameter, Choice) else ()


def here(request: Request, path: str, **changed: Any) -> str:
    """Return the address of this page with its present query, but for what is changed (None: left out)."""
    known = {name: value for name, value in request.query.items() if name not in ("format", "cursor")}
    given = {name: value for name, value in {**known, **changed}.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given)}" if given else path


def exported(request: Request, table: Table, name: str) -> Response | None:
    """Return the list as a file if that is what is asked for, and None where it is the page."""
    kind = request.query["format"]
    if kind == "html":
        return None
    disposition = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "csv":
        return Response(_csv(table), 200, {"Content-Type": "text/csv; charset=utf-8", **disposition})
    rows = [{column.key: column.value(row) for column in table.columns} for row in table.rows]
    body: Json = {"caption": table.caption, "rows": rows, "more": table.more or None}
    return Response(body, 200, disposition)


def _csv(table: Table) -> str:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([column.title for column in table.columns])
    writer.writerows([_harmless(column.value(row)) for column in table.columns] for row in table.rows)
    return file.getvalue()


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value

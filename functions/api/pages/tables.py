"""Lists: columns declared once, shown as a table (cards where it is narrow), and exported as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
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
        kind: a class for the style: `number` (aligned right), `wide` (a text that may wrap), `short` (one that may
            not), `measured` (a bar and its figure), `code`.
        in_files_only: pages say it in another column.
    """

    title: str
    key: str
    value: Callable[[Row], Any]
    show: Callable[[Row], Markup | str] | None = None
    kind: str = ""
    in_files_only: bool = False

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
        live: its name on the page, under which the script keeps it new; empty: it stays as it was loaded.
        limit: how many rows a file holds at most, where there may be more.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    more: str = ""
    exports: str = ""
    empty: str = "There is nothing here."
    live: str = "list"
    limit: int = 0

    @property
    def shown(self) -> list[Column]:
        """The columns of the page."""
        return [column for column in self.columns if not column.in_files_only]

    def export(self, kind: str) -> str:
        """Return where this list is, as `csv` or `json`."""
        return _as(self.exports, kind)


@dataclass(frozen=True)
class Filter:
    """One field of the form above a list: a parameter of the page, what it is set to, and the kind of its input."""

    parameter: Parameter
    label: str
    value: Any = None
    kind: str = "text"

    @property
    def choices(self) -> Sequence[str]:
        """What can be chosen, or nothing where any text can be given."""
        return self.parameter.choices if isinstance(self.parameter, Choice) else ()


def here(request: Request, path: str, **changed: Any) -> str:
    """Return the address of this page with its present query, but for what is changed (None: left out)."""
    known = {name: value for name, value in request.query.items() if name not in ("format", "cursor")}
    if known.get(LIMIT.name) == LIMIT.default:
        del known[LIMIT.name]
    given = {name: value for name, value in {**known, **changed}.items() if value is not None and value != ""}
    return f"{path}?{urlencode(given)}" if given else path


def exported(request: Request, table: Table, name: str) -> Response | None:
    """Return the list as a file if that is what is asked for, and None where it is the page.

    A list that is longer than one file leads to the next: by a Link header, in JSON also under `more`.
    """
    kind = request.query["format"]
    if kind == "html":
        return None
    more = _as(table.more, kind) if table.more else None
    headers = {"Content-Disposition": f'attachment; filename="{name}{"-part" if more else ""}.{kind}"'}
    if more:
        headers["Link"] = f'<{more}>; rel="next"'
    if kind == "csv":
        return Response(_csv(table), 200, {"Content-Type": "text/csv; charset=utf-8; header=present", **headers})
    rows = [{column.key: column.value(row) for column in _data(table)} for row in table.rows]
    body: Json = {"caption": table.caption, "rows": rows, "more": more}
    return Response(body, 200, headers)


def _as(address: str, kind: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}format={kind}"


def _data(table: Table) -> list[Column]:
    """Return the columns with something in them; buttons have no name for programs."""
    return [column for column in table.columns if column.key]


def _csv(table: Table) -> str:
    """Write the list as RFC 4180 has it; no cell of it is taken for a formula."""
    file = io.StringIO()
    writer = csv.writer(file)
    columns = _data(table)
    writer.writerow([column.title for column in columns])
    writer.writerows([_harmless(column.value(row)) for column in columns] for row in table.rows)
    return file.getvalue()


def _harmless(value: Any) -> Any:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text

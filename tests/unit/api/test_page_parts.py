"""What pages are made of: texts of strangers, charts, changes, days, and files."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.changes import changed
from api.pages.charts import Chart, Series, meter
from api.pages.days import Day, begin_of, end_of
from api.pages.moments import duration
from api.pages.tables import FORMAT, LIMIT, Column, Table, exported, here
from api.pages.texts import away, quoted, visible
from nightshift.routes import Request, Response

PLATFORM: Any = None


def request(**query: Any) -> Request:
    return Request(PLATFORM, "admin", query={"format": "html", **query})


@pytest.mark.parametrize(("text", "shown"), [
    ("<b>&\"'", "<bdi>&lt;b&gt;&amp;&#34;&#39;</bdi>"),
    ("invoice\u202etxt.exe", "<bdi>invoice[U+202E]txt.exe</bdi>"),
    ("a\u200bb\u2066c\ufeff\x1b", "<bdi>a[U+200B]b[U+2066]c[U+FEFF][U+001B]</bdi>"),
    ("two\nlines\tand\r", "<bdi>two lines and </bdi>"),
    ("\u05e9\u05dc\u05d5\u05dd \U0001f319", "<bdi>\u05e9\u05dc\u05d5\u05dd \U0001f319</bdi>"),
    (None, ""), ("", ""),
])  # fmt: skip
def test_a_text_disturbs_nothing_around_it(text: str | None, shown: str) -> None:
    assert quoted(text) == shown


def test_a_long_text_is_cut_to_a_glance() -> None:
    shown = str(quoted("x" * 500))

    assert shown.endswith("xxx\u2026</bdi>")
    assert shown.count("x") == 640  # 140 to see, all 500 in the title


@given(st.text())
def test_what_is_visible_is_one_line_in_one_direction(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", visible(text))


@pytest.mark.parametrize(("url", "shown"), [
    ("https://shop.example:8443/p/1?a=1&b=2",
     '<a href="https://shop.example:8443/p/1?a=1&amp;b=2" rel="noreferrer noopener"><bdi>shop.example:8443</bdi></a>'),
    ("https://user:secret@shop.example/", 'noopener"><bdi>shop.example</bdi></a>'),
    ("javascript:alert(1)", "<bdi>javascript:alert(1)</bdi>"),
    ("https://[broken", "<bdi>https://[broken</bdi>"),
    (None, ""),
])  # fmt: skip
def test_only_pages_are_linked(url: str | None, shown: str) -> None:
    assert str(away(url)).endswith(shown)
    assert "<a" in str(away(url)) or not shown.endswith("</a>")


RUN = "4a0f2a34-8c5c-4e2f-8f9e-4d9a4d6b4f10"


@pytest.mark.parametrize(("before", "after", "said"), [
    ({"a": 1, "b": 2}, {"a": 1, "b": 3}, "b: 2 \u2192 3"),
    (None, {"reason": "", "dry": True}, "reason: empty, dry: yes"),
    ({"holder": "h"}, {"holder": None}, "holder: h \u2192 nothing"),
    ({"a": 1}, None, "a: 1 \u2192 nothing"),
    ({"p": {"x": 1, "y": 2}}, {"p": {"x": 1, "y": 5}}, "p.y: 2 \u2192 5"),
    (None, {"params": {}, "names": ["a"]}, "params: {}, names: [&#34;a&#34;]"),
    (None, {"<i>": "\u202e"}, "&lt;i&gt;: [U+202E]"),
    (None, {"runId": RUN}, f'runId: <a href="/runs/{RUN}">{RUN}</a>'),
    (None, {"runId": "x/../y"}, "runId: x/../y"),
    (None, {str(n): n for n in range(14)}, ", ".join(f"{n}: {n}" for n in range(12)) + ", and 2 more"),
    (None, None, ""), (None, "text", ""),
])  # fmt: skip
def test_a_change_is_told_by_what_differs(before: Any, after: Any, said: str) -> None:
    assert re.sub("</?bdi>", "", changed(before, after)) == said


def drawn(chart: Chart) -> ET.Element:
    return ET.fromstring(str(chart.svg))  # noqa: S314  # our own text


def test_columns_stand_on_each_other_and_reach_the_top() -> None:
    chart = Chart("c", "Runs", ["Mon", "Tue", "<x>"],
                  [Series("good", "good", [3, 0, 1]), Series("bad", "bad", [1, None, 0])])  # fmt: skip

    columns = drawn(chart).findall("g")
    rects = [[(float(r.attrib["y"]), float(r.attrib["height"])) for r in column.findall("rect")] for column in columns]

    assert rects == [[(25.0, 75.0), (0.0, 25.0)], [], [(75.0, 25.0)]]
    assert [column.findtext("title") for column in columns][::2] == ["Mon: 3 good, 1 bad", "<x>: 1 good, 0 bad"]
    assert columns[0].findall("rect")[1].attrib["fill"] == "url(#hatch-c)"
    assert (chart.top, chart.ticks) == ("4", ["Mon", "Tue", "<x>"])


def test_a_line_breaks_off_where_nothing_is_known() -> None:
    chart = Chart("c", "Times", list("abcde"), [Series("p95", "busy", [10, 20, None, 0, None])], duration, is_line=True)

    line, dots = (path.attrib for path in drawn(chart).findall("path"))

    assert (line["class"], line["d"]) == ("busy", "M5 50.00L15 0.00M35 100.00")
    assert (dots["class"], dots["d"]) == ("busy dot", "M35 100.00h0")
    assert chart.top == "20 ms"


@pytest.mark.parametrize("values", [[], [0], [None, None], [7], [1e12, 1]])
@pytest.mark.parametrize("is_line", [False, True])
def test_any_chart_can_be_drawn(values: list[float | None], is_line: bool) -> None:
    chart = Chart("c", "Any", [str(n) for n in range(len(values))], [Series("s", "good", values)], is_line=is_line)

    assert drawn(chart).attrib["role"] == "img"
    assert len(chart.ticks) <= 3


def test_a_meter_is_as_long_as_its_part() -> None:
    assert '<rect width="25.0" height="6"/>' in meter(1, 4, "25 %")
    assert '<rect width="0.0" height="6"/>' in meter(1, 0, "none")


def test_a_day_is_one_of_a_zone() -> None:
    zone = ZoneInfo("America/New_York")

    # Clocks are put back on this day: it has 25 hours.
    assert begin_of(date(2026, 11, 1), zone) == "2026-11-01T00:00:00-04:00"
    assert end_of(date(2026, 11, 1), zone) == "2026-11-02T00:00:00-05:00"
    assert begin_of(None, zone) is end_of(None, zone) is None


@pytest.mark.parametrize(
    "raw", ["", "2026-02-30", "20261122", "2026-11-22T00:00Z", "0001-01-01", "9999-12-31", 5, None]
)
def test_what_is_no_day_is_refused_by_name(raw: Any) -> None:
    with pytest.raises(ValueError, match="from must be a date such as 2026-11-22"):
        Day("from").parse(raw)


CELLS = ("plain", "=1+1", "+1", "-1", "@x", "\tx", "\rx", 'q"q', "a,b", "two\r\nlines", "\u4e16", None, 5, -5, 1.5,
         True, {"a": "\u4e16"}, ["=1"])  # fmt: skip


def exported_csv(*values: Any) -> list[list[str]]:
    table = Table("Things", [Column("Thing", "thing", lambda row: row["v"]), Column("Do", "", lambda _: "button")],
                  [{"v": value} for value in values])  # fmt: skip
    answer = exported(request(format="csv"), table, "things")
    assert isinstance(answer, Response)
    assert isinstance(answer.body, str)
    return list(csv.reader(io.StringIO(answer.body, newline="")))


def test_no_cell_of_a_file_is_a_formula() -> None:
    head, *rows = exported_csv(*CELLS)

    assert head == ["Thing"]
    assert [row[0] if row else "" for row in rows] == [
        "plain", "'=1+1", "'+1", "'-1", "'@x", "'\tx", "'\rx", 'q"q', "a,b", "two\r\nlines", "\u4e16", "", "5", "-5",
        "1.5", "true", '{"a": "\u4e16"}', '["=1"]',
    ]  # fmt: skip


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=1))
def test_a_file_gives_back_what_was_written(texts: list[str]) -> None:
    rows = exported_csv(*texts)[1:]

    for text, row in zip(texts, rows, strict=True):
        shown = row[0] if row else ""
        assert shown == text or (shown == f"'{text}" and text[0] in "=+-@\t\r")


def test_addresses_keep_the_filters_and_leave_out_what_is_usual() -> None:
    asked = request(status="failed", shop=None, cursor="abc", **{LIMIT.name: LIMIT.default})

    assert here(asked, "/checks") == "/checks?status=failed"
    assert here(asked, "/checks", cursor="d e") == "/checks?status=failed&cursor=d+e"
    assert here(asked, "/checks", status=None) == "/checks"
    assert here(request(limit=5), "/checks") == "/checks?limit=5"
    assert FORMAT.default == "html"

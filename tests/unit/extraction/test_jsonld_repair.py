"""Broken JSON is repaired only where there is one way to read it."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from product_checks.extraction.jsonld_repair import BrokenJsonError, loads

LAMP = {"name": "Lamp", "price": "5.00"}

REPAIRED = {
    "trailing comma": '{"name":"Lamp","price":"5.00",}',
    "trailing comma in a list": '{"name":"Lamp","price":"5.00","x":[1,2,],}',
    "doubled comma": '{"name":"Lamp",,"price":"5.00"}',
    "line comment": '{"name":"Lamp", // the name\n"price":"5.00"}',
    "block comment": '/* data */{"name":"Lamp",/* * */"price":"5.00"}',
    "CDATA": '<![CDATA[{"name":"Lamp","price":"5.00"}]]>',
    "CDATA behind comments": '//<![CDATA[\n{"name":"Lamp","price":"5.00"}\n//]]>',
    "CDATA in block comments": '/*<![CDATA[*/{"name":"Lamp","price":"5.00"}/*]]>*/',
    "HTML comment": '<!-- {"name":"Lamp","price":"5.00"} -->',
    "entities": "{&quot;name&quot;:&quot;Lamp&quot;,&quot;price&quot;:&quot;5.00&quot;}",
    "byte-order mark": '\ufeff{"name":"Lamp","price":"5.00"}',
    "semicolon": '{"name":"Lamp","price":"5.00"};',
    "single quotes": "{'name':'Lamp','price':'5.00'}",
    "keys without quotes": '{name:"Lamp",price:"5.00"}',
    "joined strings": '{"name":"La" + "mp","price":"5" + \'.00\'}',
    "assignment": 'var data = {"name":"Lamp","price":"5.00"};',
    "comma left out at a line's end": '{"name":"Lamp"\n"price":"5.00"}',
    "typographic quotes": "{“name”:“Lamp”,”price”:”5.00”}",
    "wrapped by an editor": '<p>{"name":"Lamp",<br />\n"price":"5.00"}</p>',
    "CDATA in nested comments": '<!--//--><![CDATA[//><!--\n{"name":"Lamp","price":"5.00"}\n//--><!]]>',
    "values left out": '{"name":"Lamp","sku": ,"price":"5.00","gtin": }',
    "escaped single quote": '{"name":"Lamp","price":"5.00","x":"it\\\'s"}',
}
DOUBTFUL = {
    "unescaped quotes": '{"name":"27" Lamp","price":"5.00"}',
    "cut off": '{"name":"Lamp","price":"5',
    "cut off after a comma": '{"name":"Lamp",',
    "no JSON at all": "var a = function() { return 1 }",
    "words": "name Lamp",
    "deeper than anyone writes": "[" * 100_000,
}


@pytest.mark.parametrize("text", REPAIRED.values(), ids=REPAIRED)
def test_repairs(text: str) -> None:
    found = loads(text)
    assert len(found) == 1
    assert {key: found[0][key] for key in LAMP} == LAMP


@pytest.mark.parametrize("text", DOUBTFUL.values(), ids=DOUBTFUL)
def test_refuses_what_would_be_a_guess(text: str) -> None:
    with pytest.raises(BrokenJsonError):
        loads(text)


def test_takes_control_characters_inside_strings() -> None:
    assert loads('{"a":"one\r\ntwo\tthree\x0b"}') == [{"a": "one\r\ntwo\tthree\x0b"}]


def test_reads_values_that_stand_in_a_row() -> None:
    assert loads('{"a":1}{"b":2}\n,{"c":3};') == [{"a": 1}, {"b": 2}, {"c": 3}]


def test_keeps_the_whole_values_before_one_that_is_cut_off() -> None:
    assert loads('{"a":1,}{"b":2') == [{"a": 1}]


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "undefined", "None"])
def test_what_is_not_a_number_becomes_nothing(word: str) -> None:
    assert loads(f'{{"price":{word},"name":"Lamp"}}') == [{"price": None, "name": "Lamp"}]


def test_a_comment_mark_inside_a_string_is_text() -> None:
    assert loads('{"url":"https://shop.example/a//b", "x":"/* no */",}') == [
        {"url": "https://shop.example/a//b", "x": "/* no */"}
    ]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(value=VALUES)
@settings(max_examples=200, deadline=None)
def test_valid_json_is_never_changed(value: Any) -> None:
    assert loads(json.dumps(value)) == [value]
    assert loads(json.dumps(value, ensure_ascii=False)) == [value]


@given(text=st.text(alphabet="{}[]\",:'+\\/*-0123456789.aeln <!>&;\n", max_size=60))
@settings(max_examples=400, deadline=None)
def test_nothing_but_its_own_error_comes_out(text: str) -> None:
    with suppress(BrokenJsonError):
        loads(text)


@pytest.mark.parametrize("price", ["12,90", "1.299,00", "1,299.00"])
def test_a_price_written_for_people_without_quotes_stays_as_it_is_written(price: str) -> None:
    assert loads(f'{{"price": {price}, "name": "Lamp"}}') == [{"price": price, "name": "Lamp"}]


FORGOTTEN = '{"name":"Lamp","offers":[{"price":"5.00"}'


def test_brackets_that_were_forgotten_are_added_only_where_nothing_is_cut_off() -> None:
    assert loads(FORGOTTEN, may_close=True) == [{"name": "Lamp", "offers": [{"price": "5.00"}]}]
    with pytest.raises(BrokenJsonError):
        loads(FORGOTTEN)


@pytest.mark.parametrize("text", ['{"name":"Lamp","price":"5', '{"price":5', '{"a":{"price":"5"}]', '{"a":[1}'])
def test_a_value_that_may_be_cut_is_never_closed(text: str) -> None:
    with pytest.raises(BrokenJsonError):
        loads(text, may_close=True)


def test_numbers_keep_their_decimals() -> None:
    assert loads('{"price": 22.10}')[0]["price"] == Decimal("22.10")

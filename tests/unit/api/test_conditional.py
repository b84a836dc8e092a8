"""A GET is answered with a tag, and with 304 where its caller has that tag already."""

from __future__ import annotations

import gzip
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.conditional import matches, packed
from api.incoming import Incoming
from tests.support.door import AS_ADMIN, Caller, event

PATH = "/test/open"


def test_what_has_not_changed_is_not_sent_again(call: Caller) -> None:
    first = call("GET", PATH)
    tag = first.headers["ETag"]
    again = call("GET", PATH, {"If-None-Match": tag})

    assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    assert "Content-Type" not in again.headers
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]


def test_the_tag_changes_with_the_answer(call: Caller) -> None:
    asked = {path: call("GET", path, AS_ADMIN).headers["ETag"] for path in ("/test/items/a", "/test/items/b")}

    assert asked["/test/items/a"] != asked["/test/items/b"]
    assert call("GET", "/test/items/b", {**AS_ADMIN, "If-None-Match": asked["/test/items/a"]}).status == 200


@pytest.mark.parametrize(
    "written", ["*", " * ", "{}", "W/{}", '"another", {}', '"a,b" , W/{}', '{},"x"', '"", {}', '"\xe9", {}']
)
def test_every_way_to_name_a_tag_is_understood(call: Caller, written: str) -> None:
    tag = call("GET", PATH).headers["ETag"]

    assert call("GET", PATH, {"If-None-Match": written.format(tag)}).status == 304


@pytest.mark.parametrize("written", ["", '"another"', "W/", '"', "**", "*, x", "{}", '"x{}"'])
def test_what_names_another_tag_or_none_is_answered_in_full(call: Caller, written: str) -> None:
    bare = call("GET", PATH).headers["ETag"].strip('"')

    assert call("GET", PATH, {"If-None-Match": written.format(bare)}).status == 200


def test_head_has_the_tag_of_get_and_its_304(call: Caller) -> None:
    tag = call("GET", PATH).headers["ETag"]
    head = call("HEAD", PATH)

    assert (head.status, head.text, head.headers["ETag"]) == (200, "", tag)
    assert call("HEAD", PATH, {"If-None-Match": tag}).status == 304


def test_only_what_is_read_and_found_has_a_tag(call: Caller) -> None:
    for method, path in (("POST", PATH), ("GET", "/nowhere"), ("GET", "/test/teapot"), ("GET", "/test/fail")):
        answer = call(method, path, {"If-None-Match": "*"})
        assert answer.status != 304
        assert "ETag" not in answer.headers


def test_other_bytes_have_another_tag_and_either_is_known(call: Caller) -> None:
    tag = call("GET", PATH).headers["ETag"]

    assert packed(tag) != tag
    assert matches(tag, packed(tag))
    assert matches(packed(tag), tag)


def test_a_packed_answer_has_its_own_tag_and_its_own_304(call: Caller) -> None:
    plain = call("GET", "/docs/problems.md")
    asked = event("GET", "/docs/problems.md", {"Accept-Encoding": "gzip, br"})
    sent = call.door.answer(Incoming.read(asked, ""), 30.0)
    known = event("GET", "/docs/problems.md", {"Accept-Encoding": "gzip", "If-None-Match": sent["headers"]["ETag"]})
    again = call.door.answer(Incoming.read(known, ""), 30.0)

    assert gzip.decompress(b64decode(sent["body"])).decode() == plain.text
    assert sent["headers"]["ETag"] == packed(plain.headers["ETag"])
    assert (again["statusCode"], again["body"], again["isBase64Encoded"]) == (304, "", False)
    assert again["headers"]["ETag"] == sent["headers"]["ETag"]
    assert "Content-Encoding" not in again["headers"]
    assert call("GET", "/docs/problems.md", {"If-None-Match": sent["headers"]["ETag"]}).status == 304


@given(st.text())
def test_no_header_breaks_anything(written: str) -> None:
    assert matches('"a"', written) in (True, False)

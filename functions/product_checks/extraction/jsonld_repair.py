"""Repairs JSON that shops break by hand, where the repair is not a guess: what stays doubtful is refused."""

from __future__ import annotations

import html
import json
import re
from decimal import Decimal
from typing import Any

MAX_CHARS = 1_500_000
_MAX_VALUES = 500
_MAX_FORGOTTEN = 3
_CLOSED_BY = {"{": "}", "[": "]"}

_WRAPPER = re.compile(
    r"(?://|/\*)?[ \t]{0,9}(?:<!\[CDATA\[|(?:<!)?\]\]>)(?:[ \t]{0,9}\*/)?(?://><!--)?|<!--|(?://[ \t]{0,9})?-->"
)
_ASSIGNMENT = re.compile(r"^(?:var|let|const)?\s*[\w.$]{1,80}\s*=\s*(?=[{\[])")
# One piece: string, number or word, punctuation, space, comment. Each alternative is linear and none overlaps.
_TOKEN = re.compile(
    r"""(?P<string>"[^"\\]*(?:\\.[^"\\]*)*")"""
    r"""|(?P<single>'[^'\\]*(?:\\.[^'\\]*)*')"""
    r"""|(?P<space>[\s\ufeff\u200b;]+|</?(?:p|br|span|div)\b[^<>"']{0,50}>)"""  # editors wrap lines in tags
    r"""|(?P<comment>//[^\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)"""
    r"""|(?P<punctuation>[{}\[\],:+])"""
    r"""|(?P<word>[^\s"'{}\[\],:+;/\\]+)""",
    re.DOTALL,
)
_CURLY = str.maketrans("“”„″", '""""')
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PADDED = re.compile(r"-?(\d+)?(?:\.\d*)?")
_BAD_ESCAPE = re.compile(r"\\(?![\"\\/bfnrtu])")
_WORDS = {
    "true": "true",
    "false": "false",
    "null": "null",
    "undefined": "null",
    "NaN": "null",
    "Infinity": "null",
    "None": "null",
}
_DECODER = json.JSONDecoder(strict=False, parse_float=Decimal, parse_constant=lambda _: None)


class BrokenJsonError(ValueError):
    """The text is not JSON and cannot be made JSON without guessing."""


def loads(text: str, *, may_close: bool = False) -> list[Any]:
    """All JSON values in a text, repaired if need be; valid JSON is never changed. Raises BrokenJsonError.

    `may_close`: the text is known not to be cut off, so that brackets missing at its end were forgotten.
    """
    if len(text) > MAX_CHARS:
        raise BrokenJsonError("too long")
    try:
        return [_decode(text.strip())]
    except BrokenJsonError:
        return _loads_broken(text, may_close=may_close)


def _loads_broken(text: str, *, may_close: bool) -> list[Any]:
    plain = text.strip("\ufeff\u200b \t\r\n;")
    if plain.startswith(("{&quot;", "[{&quot;", "{ &quot;", "{&#34;", "[ {&quot;", "{\n&quot;")) or '"' not in plain:
        plain = html.unescape(plain)
    if '"' not in plain and ("“" in plain or "”" in plain):  # a text editor made them all typographic
        plain = plain.translate(_CURLY)
    plain = _ASSIGNMENT.sub("", _WRAPPER.sub(" ", plain).strip("\ufeff\u200b \t\r\n;"))
    if "{" not in plain:
        raise BrokenJsonError("no object")
    found = _in_a_row(plain)
    return found or _in_a_row(_repaired(plain, may_close=may_close), must_end=True)


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise BrokenJsonError(str(error)) from None


def _in_a_row(text: str, *, must_end: bool = False) -> list[Any]:
    """The values that stand one after the other, with nothing or a comma between them."""
    found: list[Any] = []
    position = 0
    while position < len(text) and len(found) < _MAX_VALUES:
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            if must_end and not found:
                raise BrokenJsonError(str(error)) from None
            return found if must_end else []
        found.append(value)
        position = _skip(text, position)
    return found


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n,;\ufeff":
        position += 1
    return position


def _repaired(text: str, *, may_close: bool) -> str:
    """Rewrite tokens: no comments, no trailing commas, double quotes, joined strings, plain numbers."""
    out: list[str] = []
    line_broken = False
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            break  # what stands before may hold whole values; the rest is refused by the decoder
        position = match.end()
        kind, piece = match.lastgroup or "", match.group()
        if kind in {"space", "comment"}:
            line_broken = line_broken or "\n" in piece
            continue
        _append(out, kind, piece, after_line_break=line_broken)
        line_broken = False
    if may_close and position == len(text):
        out += _forgotten(out)
    return "".join(out)


def _forgotten(out: list[str]) -> list[str]:
    """The brackets that a text leaves open although it ends with a whole object or list."""
    missing: list[str] = []
    for piece in out:
        if piece in _CLOSED_BY:
            missing.append(_CLOSED_BY[piece])
        elif piece in {"}", "]"} and (not missing or missing.pop() != piece):
            return []
    return missing[::-1] if out[-1:] in (["}"], ["]"]) and len(missing) <= _MAX_FORGOTTEN else []


def _append(out: list[str], kind: str, piece: str, *, after_line_break: bool) -> None:
    if kind in {"string", "single"}:
        _append_string(out, _double_quoted(piece), after_line_break=after_line_break)
    elif piece in "}]" and kind == "punctuation":
        _end_member(out)
        if out and out[-1] == ",":
            out.pop()
        out.append(piece)
    elif kind == "word":
        _append_word(out, piece)
    elif piece == "," and out and out[-1] == ":":
        _end_member(out)
        out.append(piece)
    elif piece != "," or (out and out[-1] not in ",{["):
        out.append(piece)


def _end_member(out: list[str]) -> None:
    """Give a member that a template left without a value ("sku": ,) the value null."""
    if out and out[-1] == ":":
        out.append("null")


def _append_word(out: list[str], piece: str) -> None:
    """Add a word; a number in a key's place is the rest of a price without quotes ("price": 1.299,00,)."""
    if out[-1:] == [","] and out[-3:-2] == [":"] and _PADDED.fullmatch(out[-2]) and _PADDED.fullmatch(piece):
        out[-2:] = [f'"{out[-2]},{piece}"']
    else:
        out.append(_word(piece))


def _append_string(out: list[str], piece: str, *, after_line_break: bool) -> None:
    """Add a string; join "a" + "b", and see a comma where a new line opens a new member without one."""
    if len(out) > 1 and out[-1] == "+" and out[-2].startswith('"'):
        out.pop()
        out[-1] = out[-1][:-1] + piece[1:]
        return
    if (
        out
        and after_line_break
        and (out[-1] in "}]" or out[-1][0] in '"0123456789' or out[-1] in {"true", "false", "null"})
    ):
        out.append(",")
    out.append(piece)


def _double_quoted(piece: str) -> str:
    if piece[0] == "'":
        inner = piece[1:-1].replace("\\'", "'").replace('\\"', '"').replace('"', '\\"')
        return _double_quoted(f'"{inner}"')
    return _BAD_ESCAPE.sub("", piece) if "\\" in piece else piece


def _word(piece: str) -> str:
    if piece in _WORDS:
        return _WORDS[piece]
    if _NUMBER.fullmatch(piece):
        return piece
    if _PADDED.fullmatch(piece) and any(c.isdigit() for c in piece):  # 05.90, 12., .99
        whole, _, fraction = piece.lstrip("-").partition(".")
        return f"{'-' * piece.startswith('-')}{int(whole or '0') if len(whole) < 30 else 0}.{fraction or '0'}"
    if piece.isidentifier() and len(piece) < 60:
        return f'"{piece}"'  # a key without quotes; as a value it stays a word, which no price is
    raise BrokenJsonError(f"unexpected {piece[:20]!r}")

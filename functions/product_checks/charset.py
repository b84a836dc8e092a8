"""Decodes page bodies as browsers do: byte-order mark, then header, then the page's own word, then a safe guess."""

from __future__ import annotations

import codecs
import re

_LOOK_AHEAD = 4096
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# How the first tag of a page looks in two bytes a character, where the mark was forgotten.
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_ONE_BYTE = ("cp125", "iso8859", "koi8")
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]+)", re.IGNORECASE)
# WHATWG Encoding standard: labels that mean another encoding than Python takes them for.
_LABELS = {
    **dict.fromkeys(
        ("iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii"), "cp1252"
    ),
    **dict.fromkeys(("ansi_x3.4-1968", "iso-ir-100", "cp819", "ibm819", "x-cp1252", "windows-1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5", "l5", "iso8859-9", "x-cp1254"), "cp1254"),
    **dict.fromkeys(("iso-8859-11", "tis-620", "x-cp874", "windows-874", "dos-874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80", "gb_2312", "chinese", "csgb2312"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "korean", "ks_c_5601-1989"), "cp949"),
    **dict.fromkeys(("big5", "big5-hkscs", "cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("unicode-1-1-utf-8", "utf8", "x-unicode20utf8", "unicode11utf8", "unicode20utf8"), "utf-8"),
    **dict.fromkeys(("iso-8859-8-i", "logical", "csiso88598i"), "iso-8859-8"),
    **dict.fromkeys(("x-mac-roman", "macintosh", "mac"), "mac-roman"),
    **dict.fromkeys(("x-mac-cyrillic", "x-mac-ukrainian"), "mac-cyrillic"),
    **dict.fromkeys(("koi8-ru",), "koi8-u"),
    **dict.fromkeys(("koi", "koi8", "koi8_r", "cskoi8r"), "koi8-r"),
    **dict.fromkeys(("utf-16", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefeff"), "utf-16-le"),
    "unicodefffe": "utf-16-be",
}


def decode(body: bytes, content_type: str | None) -> str:
    """The text of a page. Never raises: bytes that mean nothing in the encoding become U+FFFD.

    Args:
        body: the page, not compressed.
        content_type: the Content-Type header as it came, or None.
    """
    for mark, marked in _BOMS:
        if body.startswith(mark):
            return _decode(body[len(mark) :], marked)
    stated = _HEADER.search(content_type or "")
    encoding = _known(stated.group(1)) if stated else None
    encoding = encoding or next((e for start, e in _UNMARKED if body.startswith(start)), None)
    encoding = encoding or _own_word(_COMMENT.sub(b"", body[:_LOOK_AHEAD]))
    if encoding is None or (encoding.startswith(_ONE_BYTE) and _is_utf8(body)):
        return _guessed(body)
    return _decode(body, encoding)


def _is_utf8(body: bytes) -> bool:
    """Whether a page is UTF-8 whatever it is called: other text is so by accident only where it is very short."""
    try:
        return not body.isascii() and bool(body.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _own_word(start: bytes) -> str | None:
    """The encoding that the page's meta tag or XML declaration names."""
    match = _META.search(start) or _XML.search(start)
    encoding = _known(match.group(1).decode("ascii")) if match else None
    # A page whose ASCII can be read this way is not UTF-16, whatever it says.
    return "utf-8" if encoding and encoding.startswith("utf-16") else encoding


def _known(label: str) -> str | None:
    name = _LABELS.get(label.strip().lower(), label)
    try:
        found = codecs.lookup(name)
        return found.name if found.decode(b"")[0] == "" else None  # base64 and the like give no text
    except (LookupError, ValueError, TypeError):
        return None


def _guessed(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, or one stray byte in much UTF-8: still UTF-8.
        is_utf8 = error.start > len(body) - 4 or _mostly_utf8(body)
        return _decode(body, "utf-8" if is_utf8 else "cp1252")


def _mostly_utf8(body: bytes) -> bool:
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(c > "\x7f" for c in text[:200_000]) > broken * 10


def _decode(body: bytes, encoding: str) -> str:
    try:
        return body.decode(encoding, "replace")
    except (ValueError, TypeError, LookupError):
        return body.decode("utf-8", "replace")

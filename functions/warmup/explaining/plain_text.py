"""What a model may not write: addresses, markup, another language, nothing, or too much."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from warmup.explaining.terms import clean

# Characters.
SHORTEST: Final = 15
LONGEST: Final = 700

_MARKUP: Final = re.compile(r"<[a-z/!?|]|&[a-z]{2,31};|&#x?[0-9a-f]+;|\]\s*[(\[]|!\[|`|\*\*", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\b(?:javascript|vbscript|mailto|tel):\S|\bdata:\w+/|\S@\S+\.\S", re.IGNORECASE
)
# Letters of a name, a dot, letters: an address, or a sentence without its space. `e.g.` and `3.11` are neither.
_HOST: Final = re.compile(r"(?<![\w.-])(?:[\w-]{2,}\.)+[^\W\d_]{2,}(?![\w-])(?P<path>/\S)?")
_NAMES_WITH_DOTS: Final = ("asp.net", "socket.io")

# Small words, of which English has one at about every third place. A text whose small words are mostly those of another
# language, or that has hardly any of these, is not English. A word that both sides know counts as English.
_ENGLISH: Final = frozenset(
    re.findall(
        r"\w+",
        "a an the this that these those it its is are was were be been has have had do does of in on at to by for from "
        "with without about around before after during since until when while because so and or but not no more most "
        "than as which who what how may might can could likely often usually",
    )
)
_OTHER: Final = (
    frozenset(
        re.findall(
            r"\w+",
            "der das den dem ein eine einer und ist nicht mit für auf von zu im sich auch wird werden dass "
            "le la les des du un une et est dans pour par sur que qui avec sont plus au aux ce cette "
            "el los las y en es por para con una del se su como más al lo "
            "o os da do dos em um uma não com mais ao na no pela pelo foi "
            "il di che gli della delle nel per è anche sono alla "
            "de het een van voor niet zijn ook naar dat wordt bij",
        )
    )
    - _ENGLISH
)
_LEAST_WORDS: Final = 3
_MANY_WORDS: Final = 6
_WORDS_FOR_ONE: Final = 10
# Of the letters; others may be a name or two.
_LEAST_LATIN: Final = 0.7


def why_refused(text: str, terms: Sequence[str]) -> str | None:
    """Return the rule that a cleaned text breaks, None where it breaks none.

    Args:
        text: cleaned by `warmup.explaining.terms.clean`, so in normal form and on one line.
        terms: the two terms; an address that is one of them may be named.
    """
    if len(text) < SHORTEST:
        return f"must be a sentence of at least {SHORTEST} characters"
    if len(text) > LONGEST:
        return f"must have at most {LONGEST} characters"
    if _MARKUP.search(text):
        return "must be plain text: no HTML, no entities, no markdown"
    if _ADDRESS.search(text) or any(not _may_be_named(match, terms) for match in _HOST.finditer(text)):
        return "must hold no address of a page, site or person"
    return None if _is_english(text, terms) else "must be written in English sentences"


def read_text(written: str) -> str:
    """Return what a model wrote, cleaned as terms are."""
    return clean(written, LONGEST + 1)


def _may_be_named(match: re.Match[str], terms: Sequence[str]) -> bool:
    if match["path"]:
        return False
    name = match[0].lower()
    return name.endswith(".js") or name in _NAMES_WITH_DOTS or any(name in term.lower() for term in terms)


def _is_english(text: str, terms: Sequence[str]) -> bool:
    own = text.lower()
    for term in terms:
        own = own.replace(term.lower(), " ")
    words = re.findall(r"[^\W\d_]+", own)
    letters = "".join(words)
    if len(words) < _LEAST_WORDS or sum(char.isascii() for char in letters) < _LEAST_LATIN * len(letters):
        return False
    english, other = (sum(word in known for word in words) for known in (_ENGLISH, _OTHER))
    return other <= english and (len(words) < _MANY_WORDS or _WORDS_FOR_ONE * english >= len(words))

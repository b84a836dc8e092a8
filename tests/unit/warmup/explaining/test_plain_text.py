"""What a model wrote is let through as plain English, and as nothing else."""

# ruff: noqa: RUF001  # characters that look like others are what is tested

from __future__ import annotations

import pytest

from warmup.explaining.plain_text import LONGEST, read_text, why_refused

TERMS = ("Booking.com", "hot chocolate")

GOOD = [
    "A programming language used in data science.",
    "Interest rose in December, i.e. before the holidays, by a factor of 3.5 (from 12 to 42).",
    "Booking.com is a travel site; people compare it with others before the summer.",
    "Node.js and ASP.NET are both used to build websites, and C++ is not.",
    "People search for hot chocolate when it is cold: at -5 < 0 degrees, > 90% of the time & at night.",
    "The U.S. release of the game in Nov. 2023 is the likely reason (a guess).",
    "It is what Müller & Söhne sell as 東京 tea in their café, and it costs $5 or 4 €.",
    "Python, a programming language.",
    "Data: the figures show a peak in July, when schools are closed.",
    "The cat's-eye and the 7-Eleven are searched for at 10:30 and at 22:00.",
]
ADDRESSES = [
    "Read more about it at https://evil.example/now and be amazed.",
    "Read more about it at HTTPS://EVIL.EXAMPLE and be amazed.",
    "Read more about it at evil.example and be amazed.",
    "Read more about it at evil-shop.co.uk and be amazed.",
    "Read more about it at booking.com/deals and be amazed.",
    "Read more about it at www.evil and be amazed.",
    "Write to someone@evil.example for more about the term.",
    "This is javascript:alert(1) which is a term of the web.",
    "This is data:text/html which is a term of the web.",
    "This is ftp://files which is a term of the web.",
    "Read more about it at https：／／ｅｖｉｌ．ｅｘａｍｐｌｅ and be amazed.",
    "Read more about it at ev\u200bil.exam\u200bple and be amazed.",
]
MARKUP = [
    "This is <b>the</b> drink of the summer.",
    "This is the drink of the summer <img src=x onerror=alert(1)>",
    "This is the drink of the summer <!-- hidden -->",
    "This is the drink of the summer </script>",
    "This is the drink of the ＜script＞ summer.",
    "This is the [drink](of the summer) and of the winter.",
    "This is the ![drink] of the summer and of the winter.",
    "This is the [drink][1] of the summer and of the winter.",
    "This is the **drink** of the summer and of the winter.",
    "This is the `drink` of the summer and of the winter.",
    "This is the &lt;drink&gt; of the summer and the winter.",
    "This is the &#60;drink of the summer and the winter.",
]
FOREIGN = [
    "Das ist ein Getränk, das man im Sommer kalt trinkt und in jedem Laden kaufen kann.",
    "C'est une boisson que les gens cherchent en été et qui se boit froide.",
    "Es una bebida que la gente busca en verano y que se toma con hielo.",
    "É uma bebida que as pessoas procuram no verão e que se toma com gelo.",
    "È una bevanda che le persone cercano in estate e che si beve con il ghiaccio.",
    "Het is een drank die mensen in de zomer zoeken en die je koud drinkt.",
    "To napój, którego ludzie szukają latem i który pije się na zimno.",
    "İnsanların yazın aradığı ve soğuk içilen serinletici bir içecektir.",
    "Это напиток, который люди ищут летом и пьют холодным.",
    "夏に人々が検索する冷たい飲み物で、氷を入れて飲みます。",
    "هذا مشروب يبحث عنه الناس في الصيف ويشربونه باردا.",
]


@pytest.mark.parametrize("text", GOOD, ids=range(len(GOOD)))
def test_plain_english_passes(text: str) -> None:
    assert why_refused(read_text(text), TERMS) is None


@pytest.mark.parametrize("text", ADDRESSES, ids=range(len(ADDRESSES)))
def test_addresses_are_refused(text: str) -> None:
    assert why_refused(read_text(text), TERMS) == "must hold no address of a page, site or person"


@pytest.mark.parametrize("text", MARKUP, ids=range(len(MARKUP)))
def test_markup_is_refused(text: str) -> None:
    assert why_refused(read_text(text), TERMS) == "must be plain text: no HTML, no entities, no markdown"


@pytest.mark.parametrize("text", FOREIGN, ids=range(len(FOREIGN)))
def test_other_languages_are_refused(text: str) -> None:
    assert why_refused(read_text(text), TERMS) == "must be written in English sentences"


def test_an_address_is_refused_even_where_it_is_the_term() -> None:
    text = "People search for booking.com/deals when they plan their summer."

    assert why_refused(text, ("booking.com/deals", "x")) == "must hold no address of a page, site or person"


def test_words_of_the_terms_have_no_language() -> None:
    text = "The term das Auto und der Hund means a car and a dog."

    assert why_refused(text, ("das Auto und der Hund", "x")) is None


@pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b\x00", "Tea."])
def test_too_little_is_refused(text: str) -> None:
    assert "at least" in str(why_refused(read_text(text), TERMS))


def test_too_much_is_refused() -> None:
    assert (
        why_refused(read_text("It is the tea of the day. " * 100), TERMS) == f"must have at most {LONGEST} characters"
    )


def test_what_cannot_be_seen_is_taken_out() -> None:
    assert read_text("This\u202e is\n the\ttea\x00.\u2066") == "This is the tea."


NONSENSE = ["q", "q.", "www", "-q", "&q", "x@", "q z. x", "[", "1."]


@pytest.mark.parametrize("part", NONSENSE)
def test_long_nonsense_is_read_at_once(part: str) -> None:
    assert why_refused(read_text(part * 50_000), TERMS) is not None
    # And what is just not too long, where a slow pattern would take its time.
    assert why_refused((part * LONGEST)[:LONGEST], TERMS) is not None

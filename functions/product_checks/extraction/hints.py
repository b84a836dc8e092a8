"""What a page's address and language say about its country: it settles a bare "$" and whether "1.299" is a thousand."""

from __future__ import annotations

from dataclasses import dataclass

from product_checks.extraction.words import words

# Country-code domains that are sold as generic ones and say nothing about the shop's country.
_GENERIC_TLDS = words("co io me tv ai cc ly fm gg to sh so am la ws nu vc st sx im ac bz gl gd")
_COUNTRY_OF_TLD = {"uk": "GB", "eu": ""}
_DOT_DECIMAL_LANGUAGES = words("en ja zh ko th he hi bn ta te mr gu pa ur ms fil tl cy ga mt sw")
_DOT_DECIMAL_COUNTRIES = words("US GB IE AU NZ CA IN JP CN TW HK SG KR TH MY PH IL MX PK LK BD NG KE GH")
_COMMA_DECIMAL_COUNTRIES = words(
    "DE AT FR ES IT PT NL BE LU PL CZ SK HU RO BG GR TR RU UA DK SE NO FI IS EE LV LT HR SI RS BR AR CL "
    "CO ID VN PE UY PY VE EC BO BA MK AL BY KZ GE AM AZ MA TN DZ"
)
# Where people write a point: they share a language with countries that write a comma.
_DOT_DECIMAL_LOCALES = frozenset({"de-CH", "it-CH", "de-LI", "es-MX", "es-US", "es-PR", "es-GT", "es-HN", "es-DO"})


@dataclass(frozen=True, slots=True)
class Hints:
    """Country (ISO 3166, upper case) and language (ISO 639, lower case) of a page, each "" when not known."""

    country: str = ""
    language: str = ""

    @classmethod
    def of(cls, host: str, language_tag: str, og_locale: str = "") -> Hints:
        """Read hints; the host's country wins over the language's, which is often a template's default."""
        language, region = _split_tag(language_tag)
        og_language, og_region = _split_tag(og_locale)
        return cls(country=_host_country(host) or region or og_region, language=language or og_language)

    @property
    def writes_decimal_point(self) -> bool | None:
        """Whether people here write 1.50 (True) or 1,50 (False); None when nothing tells."""
        if f"{self.language}-{self.country}" in _DOT_DECIMAL_LOCALES:
            return True
        if self.language and self.language != "en":
            return self.language in _DOT_DECIMAL_LANGUAGES
        if self.country in _COMMA_DECIMAL_COUNTRIES:
            return False
        return True if self.language == "en" or self.country in _DOT_DECIMAL_COUNTRIES else None


def _split_tag(tag: str) -> tuple[str, str]:
    parts = tag.strip().replace("_", "-").split("-")
    language = parts[0].lower() if parts[0].isalpha() and len(parts[0]) in (2, 3) else ""
    region = next((p.upper() for p in parts[1:] if len(p) == 2 and p.isalpha()), "")
    return language, region


def _host_country(host: str) -> str:
    tld = host.rstrip(".").rpartition(".")[2].lower()
    if len(tld) != 2 or not tld.isalpha() or tld in _GENERIC_TLDS:
        return ""
    return _COUNTRY_OF_TLD.get(tld, tld.upper())

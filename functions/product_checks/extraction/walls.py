# ruff: noqa: RUF001 - shops write these very characters
"""Tells apart the pages that are no answer: bot walls, waiting rooms, pages that are gone, empty shells."""

from __future__ import annotations

import re

from product_checks.extraction.model import Failure
from product_checks.extraction.page import Page

# Titles and headings that only walls have.
_WALL_TITLE = re.compile(
    r"security measure|browsing activity has been paused|temporarily restricted|service (?:temporarily )?unavailable"
    r"|something went wrong|^503\b|just a moment|attention required!"
    r"|access (?:to this page )?(?:has been |is )?(?:denied|blocked)"
    r"|robot check|bot check|are you (?:a )?(?:human|robot)|not a robot"
    r"|verify(?:ing)? (?:that )?(?:your identity|you are (?:a )?human|your browser)|human verification"
    r"|pardon our interruption|security (?:check|checkpoint|challenge|verification)|client challenge"
    r"|checking your browser|ddos[- ](?:guard|protection)|you have been blocked|request unsuccessful"
    r"|request blocked|challenge validation|captcha|unusual traffic|too many requests|queue-?it|waiting room"
    r"|you are (?:now )?in (?:line|the queue)|virtual (?:queue|line)|bitte bestätigen sie|sind sie ein mensch"
    r"|ein moment|un instant|un momento|einen moment|sicherheitsüberprüfung|warteschlange|warteraum"
    r"|salle d'attente|file d'attente|403 forbidden|^forbidden$|^error 403|^403\b|429\b|^blocked$"
    r"|access restricted|browser check|^bot or not|bot detection|vercel security"
    r"|zugriff verweigert|accès (?:refusé|bloqué)|acceso denegado|accesso negato|acesso negado|toegang geweigerd"
    r"|odmowa dostępu|доступ (?:запрещ[её]н|ограничен)|アクセス(?:拒否|が集中)|访问(?:被拒绝|受限)|验证码|人机验证"
    r"|request rejected|^not acceptable|not a bot\b|site verification|connection needs to be verified",
    re.IGNORECASE,
)
# What walls say in their text, which shops' pages do not.
_WALL_TEXT = re.compile(
    r"unable to give you access|(?:high|heavy) (?:volume|demand|traffic)|hang tight|kein roboter|pas un robot"
    r"|enable js and disable any ad ?blocker|press (?:&|and) hold"
    r"|verify (?:that )?you(?:'|’)?re? (?:are )?(?:a |not a )?(?:human|robot)"
    r"|enter the characters you see below|make sure you(?:'|’)re not a robot|not a robot|incapsula incident id"
    r"|you don(?:'|’)t have permission to access|reference #\d+\.[0-9a-f]+|ray id|complete the security check"
    r"|unusual (?:traffic|activity)|automated (?:access|requests|tools)"
    r"|performance (?:&|and) security by cloudflare|sorry, you have been blocked"
    r"|needs to review the security of your connection|you(?:'|’)re in line|in line to enter"
    r"|place in (?:the )?(?:line|queue)|estimated wait|confirm you are (?:a )?human"
    r"|are you (?:a )?(?:human|robot)|pardon our interruption|suspicious activity"
    r"|solve (?:the|this) (?:captcha|puzzle)|bot protection|blocked by (?:our )?security"
    r"|you(?:(?:'|’)re| are) (?:now )?in (?:the )?(?:line|queue)|users ahead of you|requested url was rejected"
    r"|request is being verified|mod_?security|アクセスが集中|滑块|kein bot\b|slide to verify",
    re.IGNORECASE,
)
# Scripts and forms of known walls. Several stand on ordinary pages as well: they count only where there is no content.
_WALL_CODE = (
    *("_cf_chl_opt", "cf-challenge", "challenges.cloudflare.com", "px-captcha", "captcha-delivery.com", "queue-it.net"),
    *("_incapsula_resource", "validatecaptcha", "sec-if-cpt", "bm-verify", "errors.edgesuite.net", "awswafintegration"),
    *("aws-waf-token", "/ips.js?", "kpsdk", "ddos-guard", "perimeterx", "datadome", "/_sec/cp_challenge", "reblaze"),
    *("sucuri_cloudproxy", "distil_", "arkoselabs", "cf-turnstile", "awswaf.com", "geetest", "x5referer", "baxia"),
    *("/149e9513-01fa-4fb0-aad4-566afd725d1b/",),  # the path of Kasada's scripts
)
# A captcha stands in many a shop's contact form: it counts where there is nothing else.
_CAPTCHAS = ("hcaptcha.com", "g-recaptcha", "recaptcha/api", "friendlycaptcha")
_GONE = re.compile(
    r"^\W*(?:error\s*)?(?:404|410)\b|\b(?:404|410)\W*$|(?:error|http|fehler|erreur|status)\s*(?:404|410)"
    r"|page (?:was |could )?not (?:be )?found|(?:product|item|article) (?:was |could )?not (?:be )?found"
    r"|page (?:does not|doesn(?:'|’)t) exist|can(?:'|’)?t find (?:that|this|the) page"
    r"|(?:product|item|page) (?:is )?no longer (?:available|exists)"
    r"|(?:seite|artikel|produkt) (?:wurde )?(?:leider )?nicht (?:mehr )?(?:gefunden|verfügbar)"
    r"|page (?:introuvable|non trouvée)|produit introuvable|p[aá]gina no encontrada|pagina niet gevonden"
    r"|pagina non trovata|p[aá]gina n[aã]o encontrada|sidan (?:kunde inte hittas|finns inte)|nie znaleziono"
    r"|ページが見つかりません|^not found$|^gone$|we couldn(?:'|’)?t find|^oops|nothing (?:was )?found",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"^\W*(?:log ?in|sign ?in|anmelden|einloggen|connexion|iniciar sesión|accedi|login)\b", re.IGNORECASE
)
_SHUT = re.compile(r"opening soon|enter (?:store )?using password|password protected|passwortgeschützt", re.IGNORECASE)
_CONSENT = re.compile(
    r"before you continue|bevor sie (?:fortfahren|zu \w+ weitergehen)|avant de continuer|consent", re.IGNORECASE
)
_NEEDS_SCRIPT = re.compile(
    r"(?:enable|activate|requires?|turn on|need|aktivieren|activer|without)\W+(?:\w+\W+){0,5}?javascript"
    r"|javascript\W+(?:\w+\W+){0,6}?(?:enable|disabled|required|aktivier)",
    re.IGNORECASE,
)
_LITTLE_TEXT = 1_500
_SHORT_TEXT = 400
_SHELL_TEXT = 250
_NO_TEXT = 40


def why_blocked(page: Page) -> tuple[Failure, str] | None:
    """Whether the page is a bot wall or a waiting room, with a sentence.

    Meant for pages without a price: on any other page these signs mean nothing.
    """
    blocked = _wall(page, page.visible_text, " | ".join([page.title, *page.headings]))
    return (Failure.BLOCKED, blocked) if blocked else None


def why_gone(page: Page) -> tuple[Failure, str] | None:
    """Whether a page without a product says that it, or its product, is not there any more."""
    text = page.visible_text
    heads = [page.title, *page.headings, *re.split(r"\s[|–—-]\s", page.title)]
    if any(_GONE.search(head) for head in heads if head) or (len(text) < _SHORT_TEXT and _GONE.search(text)):
        return Failure.GONE, "The page says that it or its product is not there (any more)."
    return None


def _wall(page: Page, text: str, named: str) -> str | None:
    little = len(text) < _LITTLE_TEXT
    if (match := _WALL_TITLE.search(named)) and (little or _WALL_TEXT.search(text)):
        return f'The shop answered with a bot wall or queue instead of the page ("{match.group().strip()}").'
    if little and (match := _WALL_TEXT.search(text)):
        return f'The shop answered with a bot wall or queue instead of the page ("{match.group().strip()}").'
    if len(text) < _LITTLE_TEXT // 2:
        code = page.html[:200_000].lower()
        telling = _WALL_CODE + (_CAPTCHAS if len(text) < _SHELL_TEXT else ())
        marker = next((m for m in telling if m in code), None)
        if marker:
            return f"The shop answered with a bot wall or queue instead of the page ({marker})."
    return None


def why_empty(page: Page) -> tuple[Failure, str] | None:
    """Whether a page that states nothing has nothing to state: empty, behind a login, or a shell for scripts."""
    text = page.visible_text
    if not page.html.strip() or (not text and not page.scripts and not page.title):
        return Failure.EMPTY, "The page is empty."
    if len(text) < _LITTLE_TEXT and _LOGIN.search(page.title):
        return Failure.BLOCKED, "The shop asks to log in before it shows the page."
    if len(text) < _LITTLE_TEXT and _SHUT.search(f"{page.title} {text}"):
        return Failure.BLOCKED, "The shop is not open: it asks for a password."
    if len(text) < _LITTLE_TEXT and _CONSENT.search(page.title):
        return Failure.BLOCKED, "The shop asks for consent before it shows the page."
    if len(text) < _SHELL_TEXT and page.scripts and (len(text) < _NO_TEXT or _NEEDS_SCRIPT.search(page.html[:200_000])):
        return Failure.EMPTY, "The page has no content without JavaScript."
    return None

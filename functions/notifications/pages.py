"""The pages behind an unsubscribe link. They run no script, load nothing, and can be framed by nobody."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from nightshift.routes import Response

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent / "templates"


def page(template: str, status: int = 200, **facts: Any) -> Response:
    """Return a page as an answer; the policy in its headers allows its own style and its own form alone."""
    style = (_FOLDER / "page.css").read_text("utf-8")
    html = _templates().get_template(template).render(**facts, style=style)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Robots-Tag": "noindex, nofollow",
    }
    return Response(html, status, headers)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        auto_reload=False,
    )

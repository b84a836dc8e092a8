"""The style and the script of the pages, under names that change with their content, so that browsers keep them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from nightshift import Choice
from nightshift.routes import Guard, Request, Response, Route

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_YEAR_S = 31_536_000


@cache
def files() -> dict[str, Path]:
    """Return the files by the names under which they are served, as `page.3f2a91c4d0.css`."""
    return {_name(path): path for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}


@cache
def address(file: str) -> str:
    """Return where a file of the folder is served."""
    return next(f"/static/{name}" for name, path in files().items() if path.name == file)


def routes() -> tuple[Route, ...]:
    """Return the route of all files; the sign-in page needs them, so it is open."""
    return (
        Route("GET", "/static/{file}", Guard.OPEN, _file, "The style and the script of the pages",
              path_parameters=(Choice("file", tuple(files())),), media_type="*/*"),
    )  # fmt: skip


def _file(request: Request) -> Response:
    path = files()[request.path["file"]]
    headers = {
        "Content-Type": _TYPES[path.suffix],
        "Cache-Control": f"public, max-age={_YEAR_S}, immutable",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(path.read_text("utf-8"), 200, headers)


def _name(path: Path) -> str:
    return f"{path.stem}.{sha256(path.read_bytes()).hexdigest()[:10]}{path.suffix}"

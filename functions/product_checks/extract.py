"""Reads one saved page and prints what it offers: `python -m product_checks.extract FILE --url URL`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

from product_checks.charset import decode
from product_checks.extraction import extract


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON object; 0 when the page was read (product or not), 2 when it could not be."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not _is_address(options.url):
        parser.error(f"--url must be an http(s) address such as https://shop.example/lamp, not {options.url!r}")
    try:
        body = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    except (OSError, ValueError) as error:
        parser.error(f"FILE cannot be read: {error}")
    found = extract(decode(body, options.content_type), options.url)
    sys.stdout.buffer.write(
        json.dumps(found.to_json(), ensure_ascii=False, indent=2).encode("utf-8", "replace") + b"\n"
    )
    sys.stdout.buffer.flush()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m product_checks.extract", description=__doc__)
    parser.add_argument("file", metavar="FILE", help='a saved page, or "-" for standard input')
    parser.add_argument("--url", required=True, help="the address the page was found at, after redirects")
    parser.add_argument("--content-type", help="the Content-Type header it came with, for its charset")
    return parser


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


if __name__ == "__main__":
    sys.exit(main())

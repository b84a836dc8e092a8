"""`make costs`: print what a month costs, and write docs/costs.md and the README's table."""

from __future__ import annotations

import sys

from deploy.costs import page
from deploy.marked import replaced
from deploy.translated import ROOT, load

README = ROOT / "README.md"


def main() -> int:
    """Print and write."""
    template = load()
    page.FILE.write_text(page.page(template), "utf-8")
    README.write_text(replaced(README.read_text("utf-8"), "costs", page.readme(template)), "utf-8")
    sys.stdout.write(page.summary(template))
    return 0


if __name__ == "__main__":
    sys.exit(main())

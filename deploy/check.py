"""`make validate`: cfn-lint on what the SAM transform makes of the template, then our own rules on it."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from deploy import rules
from deploy.translated import Template, load, translate


def lint(template: Template) -> list[str]:
    """What cfn-lint says of a plain CloudFormation template."""
    from cfnlint.api import lint_file

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "translated.json"
        file.write_text(json.dumps(template), "utf-8")
        return [str(match) for match in lint_file(file)]


def main() -> int:
    """Prints every problem; 1 when there is one."""
    translated = translate(load())
    found = [*lint(translated), *rules.problems(translated)]
    for problem in found:
        print(problem)
    if not found:
        count = len(translated["Resources"])
        print(f"The translated template ({count} resources) passes cfn-lint and our own rules")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

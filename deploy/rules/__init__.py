"""Rules of ours that neither SAM nor cfn-lint knows: each module has one `problems(template)`.

`template` is plain CloudFormation, as `deploy.translated.translate` returns it. A problem is one sentence that names
the resource and what would be right. tests/contract seeds mistakes and sees that each is caught.
"""

from __future__ import annotations

from deploy.rules import api, assertions, functions, grants, jobs, mail, names, permissions, schedules, state
from deploy.translated import Template

ALL = (assertions, schedules, functions, jobs, permissions, grants, state, names, api, mail)


def problems(template: Template) -> list[str]:
    """Every problem that any rule finds."""
    return [problem for rule in ALL for problem in rule.problems(template)]

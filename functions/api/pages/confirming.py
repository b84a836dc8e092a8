"""One step before something is changed: a page that says what will happen, and one button."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.pages import frame
from nightshift.routes import Problem, Request, Response


@dataclass(frozen=True)
class Step:
    """What is asked.

    Attributes:
        title: the question.
        lead: what will happen.
        button: what the button says.
        path: where the form is sent.
        back: the page from which one comes, and to which one goes on.
        fields: sent with the form, unseen.
        facts: what it is about.
        is_risky: it takes something from somebody.
    """

    title: str
    lead: str
    button: str
    path: str
    back: str
    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Sequence[tuple[str, Any]] = ()
    is_risky: bool = False


def ask(request: Request, step: Step, problem: Problem | None = None) -> Response:
    """Return the page that asks; with what was wrong, where it was tried already."""
    said = f"{problem.detail[:1].upper()}{problem.detail[1:]}." if problem else ""
    status = problem.status if problem else 200
    return frame.page(request, "confirm.html", step.back, status, title=step.title, step=step, said=said)


def do(request: Request, step: Step, change: Callable[[], object]) -> Response:
    """Change it and go on; where that is refused, ask again and say why.

    Raises:
        Problem: it failed for a reason that the caller cannot mend.
    """
    try:
        change()
    except Problem as problem:
        if problem.status >= 500:
            raise
        return ask(request, step, problem)
    return frame.redirect(step.back)

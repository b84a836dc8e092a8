"""Nightshift's shared library: what every job and every route stands on."""

from nightshift.job import Job, Outcome, Run
from nightshift.parameters import Choice, Flag, Integer, Text

__all__ = ["Choice", "Flag", "Integer", "Job", "Outcome", "Run", "Text"]

"""Sample data: people who follow the products of the local shop, and what a run should make of it.

In the order of a run: `start` the shop and `advance` it, `load`, run the jobs, then `summary` for people and
`differences` for the exit status.
"""

from local.sample_data.expected import Expected, ExpectedJob, ExpectedProduct, expectations
from local.sample_data.loading import load
from local.sample_data.outcome import SummaryRow, differences, summary

__all__ = [
    "Expected",
    "ExpectedJob",
    "ExpectedProduct",
    "SummaryRow",
    "differences",
    "expectations",
    "load",
    "summary",
]

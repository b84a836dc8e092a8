"""The store of puppet jobs, by its verbs: each is one message to PostgreSQL."""

from puppet.claiming import Claim, claim, give_back
from puppet.completing import complete, complete_later
from puppet.exchanging import exchange
from puppet.processors import heartbeat, register, stop
from puppet.records import ClaimedJob, Limits, Result
from puppet.rescuing import Rescued, rescue

__all__ = [
    "Claim",
    "ClaimedJob",
    "Limits",
    "Rescued",
    "Result",
    "claim",
    "complete",
    "complete_later",
    "exchange",
    "give_back",
    "heartbeat",
    "register",
    "rescue",
    "stop",
]

"""Carries an order out, in the process that it is about."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.orders import (
    BEFORE_COMMIT,
    CUT_ANSWER,
    CUT_MESSAGE,
    END_BACKEND,
    KILL,
    RANDOM,
    STOP,
    Order,
    Orders,
    Undisturbed,
)

# Inside the transaction, in the middle of its message: the server ends this very connection.
_END_BACKEND = "; SELECT pg_terminate_backend(pg_backend_pid())"
_COMMIT = "\n; COMMIT"


class Suffering:
    """The order of the invocation at work, if it has one."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._order: Order | None = None
        self._seen = 0
        self._writes = 0
        # Threads come by as well; whoever ends the invocation must not be overtaken by the timer.
        self._turn = threading.Lock()

    @contextmanager
    def of_one_invocation(self) -> Iterator[None]:
        """Take an order, and forget it at the end."""
        order, began = self._orders.take(), time.monotonic()
        self._order, self._seen, self._writes = order, 0, 0
        timer = threading.Timer(order.after_s, self.reach, (RANDOM,)) if order and order.step == RANDOM else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            with self._turn:
                self._order = None
            if order is None and self._writes:
                self._orders.note(Undisturbed(self._writes, time.monotonic() - began))

    def reach(self, step: str) -> None:
        """Say that the invocation has come to a step; it may not live on."""
        with self._turn:
            if self._is_here(step) and self._order and self._order.act in (KILL, STOP):
                self._suffer(self._order.act)

    def send(self, message: str) -> str:
        """Return what is sent in the place of a message that commits."""
        with self._turn:
            self._writes += 1
            order = self._order
            if order is None or order.act in (KILL, STOP) or not self._is_here(BEFORE_COMMIT):
                return message
            self._order = None
            self._orders.say_reached()
        if order.act == END_BACKEND:
            head, commit, tail = message.rpartition(_COMMIT)
            return f"{head}{_END_BACKEND}{commit}{tail}"
        # The proxy in front of PostgreSQL looks for these words.
        return f"/* chaos: {order.act} */ {message}" if order.act in (CUT_MESSAGE, CUT_ANSWER) else message

    def _is_here(self, step: str) -> bool:
        if self._order is None or self._order.step != step:
            return False
        self._seen += 1
        return self._seen >= self._order.nth

    def _suffer(self, act: str) -> None:
        self._order = None
        self._orders.say_reached()
        os.kill(os.getpid(), signal.SIGKILL if act == KILL else signal.SIGSTOP)

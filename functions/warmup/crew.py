"""Threads that each do one item at a time; the main thread hands the items out and looks after the run between two."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def work(
    items: Iterable[Item],
    do: Callable[[Item], Result],
    *,
    threads: int,
    may_begin: Callable[[Item], bool],
    ended: Callable[[Result], None],
) -> list[Item]:
    """Do the items in their order, `threads` at a time, and return those that were not begun.

    `may_begin` is asked before each and `ended` is told of each result, both in the calling thread. An error of
    either, or of `do`, ends the work: it is raised once what was begun has come to its end.
    """
    waiting = deque(items)
    running: set[Future[Result]] = set()
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="warmup") as pool:
        while True:
            while waiting and len(running) < threads and may_begin(waiting[0]):
                running.add(pool.submit(do, waiting.popleft()))
            if not running:
                return list(waiting)
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                ended(future.result())

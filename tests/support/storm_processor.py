"""One processor of a storm, in a process of its own: its workers succeed, fail, hang, and take the process with them.

`python storm_processor.py URL JSON`: processes whatever is due, again and again, until its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from nightshift.connecting import Address
from nightshift.database import Database
from puppet.configuration import configuration_of
from puppet.executing import Answer, Done, JobType
from puppet.failures import ErrorType, failure
from puppet.processing import process
from puppet.store import ClaimedJob

_PAUSE_S: Final = 0.02


def main() -> None:
    """Work until nobody listens any more."""
    url, options = sys.argv[1], json.loads(sys.argv[2])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    address = Address.from_url(url)
    database = Database(lambda **_: address)
    configuration = replace(configuration_of(None, {}), **options["limits"])
    record = os.open(options["record"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    job_types = {"storm": JobType(lambda job, _timeout_s: _carry_out(job, record, options))}
    while True:
        process(database, str(uuid4()), configuration, job_types, deadline=time.monotonic() + 3600)
        time.sleep(_PAUSE_S)


def _carry_out(job: ClaimedJob, record: int, options: dict[str, Any]) -> Answer:
    # Written down before anything else, in one call that no other process can come between.
    os.write(record, f"{job.id} {job.attempt}\n".encode())
    does = job.payload["does"]
    if does == "die" and job.attempt == 1:
        os._exit(9)
    if does == "hang" and job.attempt == 1:
        time.sleep(options["hang_s"])
    if does == "fail" and job.attempt <= 2:
        return failure(ErrorType.NETWORK, "the worker broke", retry_after_s=0.0)
    if does == "never":
        return failure(ErrorType.VALIDATION, "the job makes no sense")
    time.sleep(job.payload["takes_s"])
    return Done()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()

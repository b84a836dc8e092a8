"""From the settings to what carries jobs out; connections are closed with the block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from nightshift.errors import ConfigurationError
from puppet.executing import Executor, JobType, JobTypes
from puppet.executing.requests import Requests
from puppet.settings import Target
from puppet.signing import MIN_SECRET_LENGTH

if TYPE_CHECKING:
    from puppet.executing.functions import LambdaFunctions
    from puppet.executing.http import HttpWorkers


# As many as the settings let be in flight; connections are opened as they are needed.
MOST_AT_ONCE: Final = 200


@contextmanager
def configured(
    targets: Mapping[str, Target], secrets: Sequence[str], public_url: str, timeout_s: float
) -> Iterator[JobTypes]:
    """Make what carries out jobs: one pool for all HTTPS workers, one client for the functions of each time-out.

    Args:
        targets: by job type, who carries it out.
        secrets: those shared with the workers, the current one first.
        public_url: where the door is.
        timeout_s: how long an attempt may take where its type does not say.

    Raises:
        ConfigurationError: the secret could be guessed.
    """
    if not secrets or min(map(len, secrets)) < MIN_SECRET_LENGTH:
        raise ConfigurationError(f"the secret of the workers must have at least {MIN_SECRET_LENGTH} characters")
    with ExitStack() as open_:
        maker = _Maker(Requests(public_url, secrets[0]), secrets, open_)
        yield {name: _job_type(maker, target, timeout_s) for name, target in targets.items()}


def _job_type(maker: _Maker, target: Target, timeout_s: float) -> JobType:
    execute = maker.executor(target, target.timeout_s or timeout_s)
    return JobType(execute, target.timeout_s, target.callback_s, target.is_invite)


class _Maker:
    """Makes pools and clients, and closes them with the block."""

    def __init__(self, requests: Requests, secrets: Sequence[str], open_: ExitStack) -> None:
        self._requests = requests
        self._secrets = secrets
        self._open = open_
        # Each opened once, with the first job type that needs it.
        self._http = cache(self._open_http)
        self._functions = cache(self._open_functions)

    def executor(self, target: Target, timeout_s: float) -> Executor:
        if target.worker is not None:
            return partial(self._http().execute, target.worker)
        if target.function is not None:
            return partial(self._functions(timeout_s).execute, target.function)
        raise ConfigurationError("a job type needs a worker or a function")

    def _open_http(self) -> HttpWorkers:
        from puppet.executing.http import HttpWorkers

        workers = HttpWorkers(self._requests, self._secrets, MOST_AT_ONCE)
        self._open.callback(workers.close)
        return workers

    def _open_functions(self, timeout_s: float) -> LambdaFunctions:
        from puppet.executing.functions import LambdaFunctions

        functions = LambdaFunctions(self._requests, timeout_s, MOST_AT_ONCE)
        self._open.callback(functions.close)
        return functions

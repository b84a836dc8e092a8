"""HTTPS workers that are slow, broken, gone or not who they say they are: no server can hold a job for ever."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import pytest
import trustme

from local.worker.manners import Job, Reaction
from nightshift.errors import ConfigurationError
from nightshift.outbound import WebAddress
from puppet.executing import Done
from puppet.executing.configured import configured
from puppet.executing.http import HttpWorkers
from puppet.executing.requests import Requests
from puppet.failures import ErrorType
from puppet.settings import Target
from tests.integration.puppet.answering import DOOR, SECRET, Reacting, failed, job

# ---- Servers that are slow, broken or gone ---------------------------------------------------------------------------

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Script = Callable[[socket.socket, threading.Event], None]


def _read_request(connection: socket.socket) -> None:
    """Reads all of it: what is left unread when a connection closes resets it, and the answer is lost."""
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)


@pytest.fixture
def scripted() -> Iterator[Callable[[Script], WebAddress]]:
    """Starts a server that answers each connection by a script of bytes."""
    closing, listeners = threading.Event(), []

    def serve(listener: socket.socket, script: Script) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    _read_request(connection)
                    script(connection, closing)
                except OSError:
                    continue

    def start(script: Script) -> WebAddress:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, script), daemon=True).start()
        return WebAddress.parse(f"http://127.0.0.1:{listener.getsockname()[1]}/jobs")

    yield start
    closing.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _silence(_connection: socket.socket, closing: threading.Event) -> None:
    closing.wait(20)


def _dripping_body(connection: socket.socket, closing: threading.Event) -> None:
    connection.sendall(_OK + b"Content-Length: 1000\r\n\r\n")
    while not closing.wait(0.05):
        connection.sendall(b" ")


def _dripping_headers(connection: socket.socket, closing: threading.Event) -> None:
    connection.sendall(_OK)
    while not closing.wait(0.05):
        connection.sendall(b"X-More: 1\r\n")


@pytest.mark.parametrize("script", [_silence, _dripping_body, _dripping_headers])
def test_a_server_that_keeps_us_waiting_is_a_timeout(
    workers: HttpWorkers, scripted: Callable[[Script], WebAddress], script: Script
) -> None:
    answer = failed(workers.execute(scripted(script), job(), 0.4))

    assert (answer.type, answer.retryable, answer.untouched) == (ErrorType.TIMEOUT, True, False)


def test_who_finds_no_free_connection_waits_no_longer_than_its_time(
    scripted: Callable[[Script], WebAddress],
) -> None:
    one = HttpWorkers(Requests(DOOR, SECRET), [SECRET], 1)
    address, began = scripted(_silence), threading.Event()

    def occupy() -> None:
        began.set()
        one.execute(address, job(), 1.5)

    first = threading.Thread(target=occupy)
    first.start()
    try:
        assert began.wait(5)
        assert failed(one.execute(address, job(), 0.3)).type is ErrorType.TIMEOUT
    finally:
        first.join(10)
        one.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"SSH-2.0-hello\r\n", _OK + b"Content-Length: 100\r\n\r\n{", _OK + b"Content-Encoding: br\r\n\r\nxxx"],
)
def test_a_broken_answer_is_trouble_of_the_network(
    workers: HttpWorkers, scripted: Callable[[Script], WebAddress], content: bytes
) -> None:
    answer = failed(workers.execute(scripted(lambda connection, _: connection.sendall(content)), job(), 5))

    assert (answer.type, answer.retryable, answer.untouched) == (ErrorType.NETWORK, True, False)


def test_what_comes_behind_an_answer_is_not_that_of_the_next_job(
    workers: HttpWorkers, scripted: Callable[[Script], WebAddress]
) -> None:
    def answers_twice(connection: socket.socket, _: threading.Event) -> None:
        own, forged = b'{"result":1}', b'{"result":2}'
        connection.sendall(b"".join(_OK + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in (own, forged)))
        connection.recv(1)  # the next request, or the end of the connection

    address = scripted(answers_twice)
    first, second = (workers.execute(address, job(), 5) for _ in range(2))

    assert first == second == Done({"result": 1})


def test_nobody_at_home_is_trouble_of_the_network_and_nothing_was_done(workers: HttpWorkers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = failed(workers.execute(WebAddress.parse(f"http://127.0.0.1:{port}/"), job(), 5))

    assert (answer.type, answer.retryable, answer.untouched) == (ErrorType.NETWORK, True, True)


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_cut_off_and_not_asked_for_again(
    workers: HttpWorkers, scripted: Callable[[Script], WebAddress], *, packed: bool
) -> None:
    bomb = gzip.compress(b" " * 3_000_000)

    def pour(connection: socket.socket, _: threading.Event) -> None:
        body, encoding = (bomb, b"Content-Encoding: gzip\r\n") if packed else (b" " * 3_000_000, b"")
        connection.sendall(_OK + encoding + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    answer = failed(workers.execute(scripted(pour), job(), 5))

    assert (answer.type, answer.retryable) == (ErrorType.UNKNOWN, False)


@pytest.fixture
def tls_server() -> Iterator[tuple[trustme.CA, WebAddress]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    _read_request(wrapped)
                    wrapped.sendall(_OK + b"Content-Length: 2\r\n\r\n{}")
            except OSError:
                continue

    threading.Thread(target=serve, daemon=True).start()
    yield authority, WebAddress.parse(f"https://127.0.0.1:{listener.getsockname()[1]}/jobs")
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_certificates_are_verified(workers: HttpWorkers, tls_server: tuple[trustme.CA, WebAddress]) -> None:
    authority, address = tls_server
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    knowing = HttpWorkers(Requests(DOOR, SECRET), [SECRET], 1, tls=trusting)
    try:
        assert knowing.execute(address, job(), 5) == Done({})
        answer = failed(workers.execute(address, job(), 5))
    finally:
        knowing.close()
    assert (answer.type, answer.untouched) == (ErrorType.NETWORK, True)
    assert "certificate" in answer.message


def test_the_wait_for_a_connection_counts_as_well(reacting: Reacting) -> None:
    held, free, left = threading.Event(), threading.Event(), []

    def hold(_: Job) -> Reaction:
        held.set()
        left.append(free.wait(5))
        return Reaction()

    reacting.does = hold
    one = HttpWorkers(Requests(DOOR, SECRET), [SECRET], 1)
    other = threading.Thread(target=one.execute, args=(reacting.address, job(), 20))
    other.start()
    try:
        assert held.wait(20)
        answer = failed(one.execute(reacting.address, job(), 0.2))
        waited_for_the_other = bool(left)
    finally:
        free.set()
        other.join()
        one.close()
    assert answer.type is ErrorType.TIMEOUT
    assert not waited_for_the_other


# ---- From the settings -----------------------------------------------------------------------------------------------


def test_settings_become_executors_that_share_one_pool(reacting: Reacting) -> None:
    targets = {
        "send_invite": Target(reacting.address, None, is_invite=True),
        "visit": Target(reacting.address, None, 2),
    }
    with configured(targets, [SECRET], DOOR, 120.0) as job_types:
        answers = [each.execute(job(), 5) for each in job_types.values()]

    assert answers == [Done({}), Done({})]
    assert [each.is_invite for each in job_types.values()] == [True, False]


@pytest.mark.parametrize("secrets", [[], ["short"]])
def test_a_secret_that_could_be_guessed_signs_nothing(reacting: Reacting, secrets: list[str]) -> None:
    made = configured({"visit": Target(reacting.address, None)}, secrets, DOOR, 120.0)

    with pytest.raises(ConfigurationError, match="at least 32"), made:
        pass


def test_no_answer_shows_the_secret_or_the_token(workers: HttpWorkers, reacting: Reacting) -> None:
    reacting.does = lambda _: Reaction(500, {"error": "it broke"})
    answer = failed(workers.execute(reacting.address, job(), 5))

    (got,) = reacting.worker.jobs
    assert SECRET not in json.dumps(answer.message)
    assert got.callback_token not in answer.message

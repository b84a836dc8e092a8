"""Asks a model behind any OpenAI-compatible address, by its chat completions."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from nightshift.errors import ConfigurationError
from nightshift.outbound.retry_after import retry_after_s
from warmup.explaining.calling import CallFailed, Reply, failed_with_status, token_count
from warmup.explaining.contract import SCHEMA
from warmup.explaining.prompt import Prompt

if TYPE_CHECKING:
    import httpx

_CONNECT_S: Final = 3.0
_MOST_BYTES: Final = 512 * 1024
_SCHEMA_FORMAT: Final = {
    "type": "json_schema",
    "json_schema": {"name": "explanations", "strict": True, "schema": SCHEMA},
}
_OBJECT_FORMAT: Final = {"type": "json_object"}
# A 429 that says this is not about the pace: the account has no money left.
_NO_MONEY: Final = "insufficient_quota"


@dataclass(frozen=True)
class _Dialect:
    """What a server understands: the newest first, and remembered once it says that it does not."""

    with_schema: bool = True
    # OpenAI's newer models refuse the parameter that every other server knows.
    limit_name: str = "max_tokens"

    def after(self, error_of_server: dict[str, Any]) -> _Dialect | None:
        """Return what to try after a 400, None where nothing is left."""
        if error_of_server.get("param") == self.limit_name == "max_tokens":
            return replace(self, limit_name="max_completion_tokens")
        return replace(self, with_schema=False) if self.with_schema else None


class OpenAIModel:
    """A model behind an OpenAI-compatible address; threads may share it.

    Args:
        url: where its API begins.
        model: what the server calls it.
        key: gives the key at each call, empty where none is needed.
        max_output_tokens: for one answer.
    """

    def __init__(self, url: str, model: str, *, key: Callable[[], str], max_output_tokens: int) -> None:
        self._url = f"{url}/chat/completions"
        self._host = urlsplit(url).hostname or ""
        self._model = model
        self._key = key
        self._max_output_tokens = max_output_tokens
        self._making = threading.Lock()
        self._client: httpx.Client | None = None
        self._dialect = _Dialect()

    def ask(self, prompt: Prompt, timeout_s: float) -> Reply:
        """Ask once; see `warmup.explaining.calling.Model`. A server that refuses the form is asked again in another."""
        dialect, headers = self._dialect, self._headers()
        while True:
            status, body, wait_s = self._post(self._request(prompt, dialect), headers, timeout_s)
            if status == 200:
                self._dialect = dialect
                return self._reply(body)
            error = _error_of(body)
            other = dialect.after(error) if status == 400 else None
            if other is None:
                code = _word(error.get("code")) or _word(error.get("type"))
                final = code == _NO_MONEY
                raise failed_with_status(self._host, status, code, retry_after_s=wait_s, final=final)
            dialect = other

    def close(self) -> None:
        """Close every connection."""
        with self._making:
            if self._client:
                self._client.close()
                self._client = None

    def _request(self, prompt: Prompt, dialect: _Dialect) -> dict[str, Any]:
        return {
            "model": self._model,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.data},
            ],
            "response_format": _SCHEMA_FORMAT if dialect.with_schema else _OBJECT_FORMAT,
            dialect.limit_name: self._max_output_tokens,
        }

    def _headers(self) -> dict[str, str]:
        try:
            key = self._key()
        except ConfigurationError as error:
            raise CallFailed(str(error), temporary=False, may_be_billed=False) from None
        if not re.fullmatch(r"[!-~]*", key):
            raise CallFailed("the explainer's key is not one word of ASCII", temporary=False, may_be_billed=False)
        # No compression: what is read is bounded by its bytes.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return headers | ({"Authorization": f"Bearer {key}"} if key else {})

    def _post(self, body: dict[str, Any], headers: dict[str, str], timeout_s: float) -> tuple[int, bytes, int | None]:
        """Return status, body and the seconds of Retry-After."""
        import httpx

        timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
        try:
            with self._opened().stream("POST", self._url, json=body, headers=headers, timeout=timeout) as response:
                return response.status_code, _read(response), retry_after_s(response.headers.get("Retry-After"))
        except httpx.HTTPError as error:
            # Only a request that was never sent cannot be billed.
            sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            message = f"{self._host} gave no complete answer ({type(error).__name__})"
            raise CallFailed(message, temporary=True, may_be_billed=sent) from None

    def _opened(self) -> httpx.Client:
        with self._making:
            if self._client is None:
                import httpx

                from nightshift.outbound.network import verifying_tls

                # Redirects are not followed: the key belongs to this address alone.
                self._client = httpx.Client(verify=verifying_tls(), trust_env=False, follow_redirects=False)
            return self._client

    def _reply(self, body: bytes) -> Reply:
        try:
            answer = json.loads(body)
            usage, message = answer.get("usage") or {}, answer["choices"][0]["message"]
            text = message.get("content") or ""
            counts = token_count(usage.get("prompt_tokens")), token_count(usage.get("completion_tokens"))
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            problem = f"{self._host} does not answer as a server of chat completions does"
            raise CallFailed(problem, temporary=True, may_be_billed=True) from None
        return Reply(text if isinstance(text, str) else "", *counts)


def _read(response: httpx.Response) -> bytes:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise CallFailed("the answer is endless", temporary=True, may_be_billed=True)
    return body


def _error_of(body: bytes) -> dict[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return {}
    return error if isinstance(error, dict) else {}


def _word(code: Any) -> str:
    """Return a server's code for an error; texts are left out, they may quote what was sent."""
    return code if isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", code) else ""

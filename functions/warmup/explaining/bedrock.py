"""Asks a model on Amazon Bedrock by `converse`: with a JSON schema for its answer or, where there is none, a tool."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from nightshift.outbound.retry_after import retry_after_s
from warmup.explaining.calling import CallFailed, Reply, failed_with_status, token_count
from warmup.explaining.contract import SCHEMA
from warmup.explaining.prompt import Prompt

_NAME: Final = "explanations"
_CONNECT_S: Final = 3
_AS_SCHEMA: Final = {
    "outputConfig": {
        "textFormat": {
            "type": "json_schema",
            "structure": {"jsonSchema": {"name": _NAME, "schema": json.dumps(SCHEMA)}},
        }
    }
}
# The only tool, and one must be called; naming it would be the same, but fewer models understand that.
_AS_TOOL: Final = {
    "toolConfig": {
        "tools": [
            {"toolSpec": {"name": _NAME, "description": "Takes the answer.", "inputSchema": {"json": SCHEMA}}},
        ],
        "toolChoice": {"any": {}},
    }
}


class BedrockModel:
    """A model of Bedrock in this function's region; threads may share it.

    Args:
        model: its id, or that of an inference profile.
        max_output_tokens: for one answer.
        timeout_s: until an answer begins; whoever calls has an eye on the whole.
    """

    def __init__(self, model: str, *, max_output_tokens: int, timeout_s: float) -> None:
        self._model = model
        self._max_output_tokens = max_output_tokens
        self._timeout_s = timeout_s
        self._making = threading.Lock()
        self._client: Any = None
        self._takes_schema = True

    def ask(self, prompt: Prompt, timeout_s: float) -> Reply:  # noqa: ARG002  # botocore takes them once for all calls
        """Ask once; see `warmup.explaining.calling.Model`. A model that takes no schema is asked again with a tool."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            client = self._opened()
            with_schema = self._takes_schema
            try:
                return _reply(self._converse(client, prompt, _AS_SCHEMA if with_schema else _AS_TOOL))
            except client.exceptions.ValidationException:
                if not with_schema:
                    raise
                reply = _reply(self._converse(client, prompt, _AS_TOOL))
                self._takes_schema = False
                return reply
        except ClientError as error:
            raise _refusal(error.response) from None
        except BotoCoreError as error:
            raise _failure(error) from None
        except (ResponseParserError, AttributeError, LookupError, TypeError, ValueError):
            # botocore's parsers trust what they read.
            raise CallFailed("Bedrock's answer cannot be read", temporary=True, may_be_billed=True) from None

    def close(self) -> None:
        """Close every connection."""
        with self._making:
            if self._client:
                self._client.close()
                self._client = None

    def _converse(self, client: Any, prompt: Prompt, form: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = client.converse(
            modelId=self._model,
            system=[{"text": prompt.instructions}],
            messages=[{"role": "user", "content": [{"text": prompt.data}]}],
            inferenceConfig={"maxTokens": self._max_output_tokens},
            **form,
        )
        return answer

    def _opened(self) -> Any:
        with self._making:
            if self._client is None:
                self._client = _make_client(self._timeout_s)
                # The runtime's boto3 may be older than Bedrock's schemas.
                operation = self._client.meta.service_model.operation_model("Converse")
                self._takes_schema = "outputConfig" in operation.input_shape.members
            return self._client


def _make_client(timeout_s: float) -> Any:
    import boto3
    from botocore.config import Config

    # The retries are ours: each is paid from the budget.
    config = Config(
        connect_timeout=_CONNECT_S, read_timeout=timeout_s, retries={"mode": "standard", "total_max_attempts": 1}
    )
    make: Callable[..., Any] = boto3.client  # its stubs know each service by a literal name
    return make("bedrock-runtime", config=config)


def _reply(answer: Mapping[str, Any]) -> Reply:
    content = answer.get("output", {}).get("message", {}).get("content", [])
    texts = [block["text"] for block in content if "text" in block]
    calls = [json.dumps(block["toolUse"]["input"]) for block in content if "toolUse" in block]
    usage = answer.get("usage", {})
    return Reply(
        text=(calls or ["".join(texts)])[0],
        input_tokens=token_count(usage.get("inputTokens")),
        output_tokens=token_count(usage.get("outputTokens")),
    )


def _refusal(response: Mapping[str, Any]) -> CallFailed:
    metadata = response.get("ResponseMetadata", {})
    status, headers = metadata.get("HTTPStatusCode", 0), metadata.get("HTTPHeaders", {})
    wait_s = retry_after_s(headers.get("retry-after"))
    return failed_with_status("Bedrock", status, str(response["Error"]["Code"])[:80], retry_after_s=wait_s)


def _failure(error: Exception) -> CallFailed:
    """Name what went wrong before there was an answer. Only a request that was never sent cannot be billed."""
    from botocore import exceptions

    never_sent = (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError, exceptions.ProxyConnectionError)
    # Bases of all that happens on the wire; the rest is about credentials, regions and parameters.
    on_the_wire = (exceptions.ConnectionError, exceptions.HTTPClientError)
    kind, temporary = type(error).__name__, isinstance(error, on_the_wire)
    broken = temporary and not isinstance(error, never_sent)
    return CallFailed(f"Bedrock cannot be asked ({kind})", temporary=temporary, may_be_billed=broken)

"""What a reader of a comparison gets, for the API's description."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_PERHAPS_TEXT: Schema = {"type": ["string", "null"]}
_PERHAPS_NUMBER: Schema = {"type": ["number", "null"]}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_DATE: Schema = {"type": ["string", "null"], "format": "date"}
_SURE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _perhaps(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _free(description: str) -> Schema:
    return {"type": "object", "additionalProperties": True, "description": description}


_FORECAST_TERM = _object(
    term=_TEXT,
    step=_PERHAPS_TEXT,
    lastDate=_DATE,
    lastValue=_PERHAPS_NUMBER,
    dataPoints={"type": "integer", "minimum": 0},
    warnings=_list(_free("What a reader should know of this forecast: a `code` and a text.")),
    reason=_PERHAPS_TEXT,
    direction=_PERHAPS_TEXT,
    directionRule=_PERHAPS_TEXT,
    outlooks=_free("The average to come over so many days, by the number of days, with bands of 80 and 95 %."),
    confidence=_SURE,
    forecast=_list(_free("One period ahead: its date, its value and its bands.")),
)
_FORECASTS: Schema = {
    **_object(
        terms=_list(_FORECAST_TERM),
        leader=_object(
            term=_PERHAPS_TEXT, index={"type": ["integer", "null"]}, probability=_PERHAPS_NUMBER,
            horizonDays={"type": "integer"}, rule=_TEXT,
        ),
        dataHash=_PERHAPS_TEXT,
    ),
    "description": "What the forecasts of both terms say; further names may come.",
}  # fmt: skip

_EXPLANATION: Schema = {"text": _TEXT, "confidence": {"type": "number"}, "guess": {"type": "boolean"}}
_EXPLANATIONS = _object(
    terms=_list(
        _object(
            term=_TEXT,
            meaning=_object(**_EXPLANATION),
            peaks=_list(_object(date={"type": "string", "format": "date"}, value={"type": "number"}, **_EXPLANATION)),
        )
    ),
    provider=_TEXT,
    model=_PERHAPS_TEXT,
    fallback={"type": "boolean"},
    note=_TEXT,
    dataHash=_PERHAPS_TEXT,
)


def _part(data: Schema) -> Schema:
    return _object(
        state={"type": "string", "enum": ["fresh", "stale", "missing"]},
        data=_perhaps(data),
        madeAt=_TIME,
        freshUntil=_TIME,
        expiresAt=_TIME,
    )


PREMIUM = _object(
    slug=_TEXT,
    terms={"type": ["array", "null"], "items": _TEXT},
    dataHash=_PERHAPS_TEXT,
    forecasts=_part(_FORECASTS),
    explanations=_part(_EXPLANATIONS),
    needsWarmup={"type": "boolean"},
    warmup=_object(
        state={"type": "string", "enum": ["none", "queued", "running", "ready", "failed"]},
        runId=_PERHAPS_TEXT,
        reason=_PERHAPS_TEXT,
    ),
)

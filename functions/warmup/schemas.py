"""What a reader of a comparison gets, for the API's description."""

from __future__ import annotations

from nightshift.json_schema import NULLABLE_NUMBER, NULLABLE_TEXT, TEXT, Schema, free_form, list_of, nullable, record

_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
_DATE: Schema = {"type": ["string", "null"], "format": "date"}
_SURE: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}


_FORECAST_TERM = record(
    term=TEXT,
    step=NULLABLE_TEXT,
    lastDate=_DATE,
    lastValue=NULLABLE_NUMBER,
    dataPoints={"type": "integer", "minimum": 0},
    warnings=list_of(free_form("What a reader should know of this forecast: a `code` and a text.")),
    reason=NULLABLE_TEXT,
    direction=NULLABLE_TEXT,
    directionRule=NULLABLE_TEXT,
    outlooks=free_form("The average to come over so many days, by the number of days, with bands of 80 and 95 %."),
    confidence=_SURE,
    forecast=list_of(free_form("One period ahead: its date, its value and its bands.")),
)
_FORECASTS: Schema = {
    **record(
        terms=list_of(_FORECAST_TERM),
        leader=record(
            term=NULLABLE_TEXT, index={"type": ["integer", "null"]}, probability=NULLABLE_NUMBER,
            horizonDays={"type": "integer"}, rule=TEXT,
        ),
        dataHash=NULLABLE_TEXT,
    ),
    "description": "What the forecasts of both terms say; further names may come.",
}  # fmt: skip

_EXPLANATION: Schema = {"text": TEXT, "confidence": {"type": "number"}, "guess": {"type": "boolean"}}
_EXPLANATIONS = record(
    terms=list_of(
        record(
            term=TEXT,
            meaning=record(**_EXPLANATION),
            peaks=list_of(record(date={"type": "string", "format": "date"}, value={"type": "number"}, **_EXPLANATION)),
        )
    ),
    provider=TEXT,
    model=NULLABLE_TEXT,
    fallback={"type": "boolean"},
    note=TEXT,
    dataHash=NULLABLE_TEXT,
)


def _part(data: Schema) -> Schema:
    return record(
        state={"type": "string", "enum": ["fresh", "stale", "missing"]},
        data=nullable(data),
        madeAt=_TIME,
        freshUntil=_TIME,
        expiresAt=_TIME,
    )


PREMIUM = record(
    slug=TEXT,
    terms={"type": ["array", "null"], "items": TEXT},
    dataHash=NULLABLE_TEXT,
    forecasts=_part(_FORECASTS),
    explanations=_part(_EXPLANATIONS),
    needsWarmup={"type": "boolean"},
    warmup=record(
        state={"type": "string", "enum": ["none", "queued", "running", "ready", "failed"]},
        runId=NULLABLE_TEXT,
        reason=NULLABLE_TEXT,
    ),
)

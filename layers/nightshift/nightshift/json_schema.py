"""The parts of the JSON Schemas with which routes describe their answers."""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
UUID: Final[Schema] = {"type": "string", "format": "uuid"}
TIME: Final[Schema] = {"type": "string", "format": "date-time"}
NULLABLE_TEXT: Final[Schema] = {"type": ["string", "null"]}
NULLABLE_COUNT: Final[Schema] = {"type": ["integer", "null"], "minimum": 0}
NULLABLE_NUMBER: Final[Schema] = {"type": ["number", "null"]}
NULLABLE_TIME: Final[Schema] = {"type": ["string", "null"], "format": "date-time"}


def record(**properties: Schema) -> Schema:
    """Return the schema of an object that has all of these properties."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def nullable(schema: Schema) -> Schema:
    """Return the schema of what may also be null."""
    return {"oneOf": [schema, {"type": "null"}]}


def free_form(description: str) -> Schema:
    """Return the schema of an object whose properties are not fixed; the description says what they are."""
    return {"type": "object", "additionalProperties": True, "description": description}

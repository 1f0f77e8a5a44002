"""What our answers look like: the schemas of both formats, and the header fields.

Valid in 3.0 as in 3.1. A `$ref` here is the name of another row.
"""

from __future__ import annotations

from typing import Any

__all__ = ["EXTENSIONS", "HEADERS", "SCHEMAS", "SIMPLE"]

#: Codes whose problems carry more members, and the schema that says which.
EXTENSIONS = {"invalid-body": "InvalidBody", "body-too-large": "BodyTooLarge"}

_STATUS = {"type": "integer", "minimum": 400, "maximum": 599, "description": "The status."}
_CODE = {"type": "string", "description": "A stable name for programs; it never changes meaning."}
_REQUEST_ID = {"type": "string", "description": "That of X-Request-ID, and of the log."}
_ERRORS = {
    "type": "array",
    "items": {"$ref": "Violation"},
    "description": "What is wrong, in document order.",
}
_MAX_BYTES = {"type": "integer", "minimum": 0, "description": "The limit, in bytes."}

_VIOLATION = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "The place in the body (RFC 6901)."},
        "code": {"type": "string", "description": "The keyword that is broken."},
        "detail": {"type": "string", "description": "What would be right."},
    },
    "description": "One way in which a body breaks its schema.",
}


def _extended(base: str, name: str, schema: dict[str, Any], told: str) -> dict[str, Any]:
    """The problem `base` with one more member."""
    more = {"type": "object", "required": [name], "properties": {name: schema}}
    if base == "Error":
        more = {"type": "object", "required": ["error"], "properties": {"error": more}}
    return {"allOf": [{"$ref": base}, more], "description": told}


def _both(base: str) -> dict[str, Any]:
    return {
        "Violation": _VIOLATION,
        "InvalidBody": _extended(base, "errors", _ERRORS, "A body that breaks its schema."),
        "BodyTooLarge": _extended(base, "max_bytes", _MAX_BYTES, "A body beyond the limit."),
    }


#: `format = "problem"`.
SCHEMAS: dict[str, Any] = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {
                "type": "string",
                "format": "uri-reference",
                "description": "What kind of problem this is.",
            },
            "title": {"type": "string", "description": "A short summary of the kind."},
            "status": _STATUS,
            "detail": {"type": "string", "description": "What happened, for people."},
            "code": _CODE,
            "request_id": _REQUEST_ID,
        },
        "description": "An error (RFC 9457).",
    },
    **_both("Problem"),
}

#: `format = "simple"`.
SIMPLE: dict[str, Any] = {
    "Error": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message", "status", "request_id"],
                "properties": {
                    "code": _CODE,
                    "message": {"type": "string", "description": "What happened, for people."},
                    "status": _STATUS,
                    "request_id": _REQUEST_ID,
                },
            }
        },
        "description": "An error.",
    },
    **_both("Error"),
}


def _field(told: str, *, required: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"description": told, "schema": {"type": "string"}}
    return {**made, "required": True} if required else made


#: The header fields of our answers (RFC 9110 but for X-Request-ID).
HEADERS: dict[str, Any] = {
    "WWW-Authenticate": _field("The schemes to authenticate by, and what was wrong."),
    "Allow": _field("The methods that this resource takes.", required=True),
    "Accept": _field("The media types that this resource takes."),
    "Accept-Encoding": _field("The content codings that this resource takes."),
    "Retry-After": _field("Seconds to wait before the request is repeated."),
    "X-Request-ID": _field("The id of the request, as in the log.", required=True),
}

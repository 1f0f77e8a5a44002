"""What statuses are called, and what a client is told of them.

Own tables, as Python's phrases differ between its versions.
"""

from __future__ import annotations

__all__ = ["PHRASES", "phrase", "told"]

#: Status phrases: RFC 9110 section 15, and the IANA registry for the rest.
PHRASES: dict[int, str] = {
    200: "OK",
    201: "Created",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    418: "I'm a Teapot",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    424: "Failed Dependency",
    425: "Too Early",
    426: "Upgrade Required",
    428: "Precondition Required",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    451: "Unavailable For Legal Reasons",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
    506: "Variant Also Negotiates",
    507: "Insufficient Storage",
    508: "Loop Detected",
    510: "Not Extended",
    511: "Network Authentication Required",
}

#: What a client is told of statuses that no code of our own stands for.
_TOLD: dict[int, str] = {
    400: "The request cannot be understood.",
    401: "This resource needs credentials.",
    406: "There is no representation of this resource that the request accepts.",
    408: "The request took too long to arrive.",
    409: "The request conflicts with what is there.",
    410: "This resource is gone for good.",
    412: "A condition of the request does not hold.",
    413: "The body is too large.",
    414: "The request target is too long.",
    416: "The range asked for lies outside the resource.",
    422: "The content cannot be processed.",
    423: "This resource is locked.",
    428: "The request must be conditional.",
    429: "Too many requests; slow down.",
    431: "The header of the request is too large.",
    501: "This is not implemented here.",
    502: "A server behind this one gave a bad answer.",
    503: "This service is not available at the moment.",
    504: "A server behind this one did not answer in time.",
}

_CLASSES = {4: "The request cannot be served.", 5: "The request could not be served."}


def phrase(status: int) -> str:
    """The phrase of a status, for the status line and the title."""
    known = PHRASES.get(status)
    return known or ("Client Error" if status < 500 else "Server Error")


def told(status: int) -> str:
    """A sentence about a status of which nothing else is known."""
    return _TOLD.get(status) or _CLASSES.get(status // 100, _CLASSES[5])

"""The fault of a text that ends too early, without reading it from its beginning.

Bodies that were cut off on their way are the most frequent of all that is no JSON.
"""

from __future__ import annotations

from .expected import NAME, UNCLOSED, VALUE, Fault

__all__ = ["cut_off"]

_WHITE = " \t\n\r"

#: The characters of numbers, true, false and null.
_SCALARS = "0123456789+-.eEtrufalsn"

#: What is missing after the last character of a text that ends too early.
_MISSING = {"{": f"{NAME} or }}", "[": VALUE, ":": VALUE}

#: What is missing after the comma behind a value, by what stands before the value.
_MISSING_NEXT = {":": NAME, "[": VALUE}


def cut_off(text: str) -> Fault | None:
    """What `find` says of a text in which nothing is wrong but that it ends too early.

    A look at its end is enough for most of those. None where it is not, or where quotation
    marks may be escaped.
    """
    if "\\" in text:
        return None
    if text.count('"') % 2:
        return Fault(len(text), UNCLOSED)
    read = text.rstrip(_WHITE)
    expected = _MISSING.get(read[-1:])
    if read.endswith(","):
        value = read[:-1].rstrip(_WHITE)
        start = value.rfind('"', 0, -1) if value.endswith('"') else len(value.rstrip(_SCALARS))
        expected = _MISSING_NEXT.get(value[:start].rstrip(_WHITE)[-1:])
    return Fault(len(text), expected) if expected else None

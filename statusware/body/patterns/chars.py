"""Sets of characters as ECMA-262 defines them, as sorted ranges of code points."""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache
from itertools import chain

from ...errors import PolicyError

__all__ = [
    "CLASSES", "CODES", "CONTROLS", "COUNTS", "DOT", "EVERY", "NAME", "PROPERTY", "Ranges",
    "complement", "is_one", "meet", "one", "property_ranges", "union",
]  # fmt: skip

#: Inclusive, sorted, apart from each other.
Ranges = tuple[tuple[int, int], ...]

EVERY: Ranges = ((0, sys.maxunicode),)


def one(char: str) -> Ranges:
    """The set of one character."""
    return ((ord(char), ord(char)),)


def is_one(ranges: Ranges) -> bool:
    """Whether it is the set of one character."""
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def union(*sets: Ranges) -> Ranges:
    """What is in any of them."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(chain.from_iterable(sets)):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """What is not in it."""
    start, left = 0, []
    for low, high in ranges:
        if low > start:
            left.append((start, low - 1))
        start = high + 1
    return (*left, (start, sys.maxunicode)) if start <= sys.maxunicode else tuple(left)


def meet(left: Ranges, right: Ranges) -> Ranges:
    """What is in both."""
    both: list[tuple[int, int]] = []
    i = j = 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            both.append((low, high))
        i, j = (i + 1, j) if left[i][1] < right[j][1] else (i, j + 1)
    return tuple(both)


def _of(text: str) -> Ranges:
    return union(*map(one, text))


_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE = union(
    _of("\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff"), ((0x2000, 0x200A),)
)

#: `.` is anything but a line terminator.
DOT = complement(_of("\n\r\u2028\u2029"))

CLASSES: dict[str, Ranges] = {
    "d": _DIGIT, "D": complement(_DIGIT),
    "w": _WORD, "W": complement(_WORD),
    "s": _SPACE, "S": complement(_SPACE),
}  # fmt: skip
CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}

COUNTS = re.compile(r"\{([0-9]+)(,([0-9]+)?)?\}")
#: Python's `re` takes three digits for a character.
GROUP = re.compile(r"[1-9][0-9]?(?![0-9])")
NAME = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")
PROPERTY = re.compile(r"\{([A-Za-z0-9_=]+)\}")
CODES = {
    "x": re.compile(r"(?P<code>[0-9a-fA-F]{2})"),
    "u": re.compile(
        r"(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
        r"|(?P<code>[0-9a-fA-F]{4})|\{0*(?P<braced>[0-9a-fA-F]{1,6})\}"
    ),
    "c": re.compile(r"[A-Za-z]"),
    "0": re.compile(r"(?![0-9])"),
}

#: The long names of general categories (Unicode, PropertyValueAliases.txt).
_CATEGORIES = {
    "Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo",
    "Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc",
    "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd", "digit": "Nd",
    "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
    "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps",
    "Close_Punctuation": "Pe", "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf",
    "Other_Punctuation": "Po", "Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc",
    "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z", "Space_Separator": "Zs",
    "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc",
    "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
}  # fmt: skip


def property_ranges(name: str) -> Ranges:
    """The characters of `\\p{name}`: general categories, `Any`, `ASCII` and `Assigned`."""
    key, _, value = name.rpartition("=")
    short = _CATEGORIES.get(value, value)
    if key in ("", "General_Category", "gc"):
        if short == "LC":
            return union(_category("Lu"), _category("Ll"), _category("Lt"))
        if short in _by_category() or short in ("L", "M", "N", "P", "S", "Z", "C"):
            return _category(short)
    if not key and value in ("Any", "ASCII", "Assigned"):
        known = {"Any": EVERY, "ASCII": ((0, 127),)}
        return known.get(value) or complement(_category("Cn"))
    hint = "general categories are, as in \\p{L} or \\p{Lu}"
    raise PolicyError("a character property that is not supported", hint=hint)


@cache
def _category(short: str) -> Ranges:
    ranges: list[tuple[int, int]] = []
    for category, each in _by_category().items():
        if category.startswith(short):
            ranges += each
    return union(tuple(ranges))


@cache
def _by_category() -> dict[str, list[tuple[int, int]]]:
    """All of Unicode, gone through once and only if a pattern asks."""
    found: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, "Cc"
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category != current:
            found.setdefault(current, []).append((start, code - 1))
            start, current = code, category
    found.setdefault(current, []).append((start, sys.maxunicode))
    return found

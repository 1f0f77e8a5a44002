"""`format`, where it is asserted: one test for each format, all linear in the text.

They are our own, so that what is valid does not depend on what else is installed. A format
that nobody defined says nothing (validation 7.2.3); one that is defined and missing here is
refused at start.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from ..errors import PolicyError

__all__ = ["FORMATS", "format_test"]

Test = Callable[[str], bool]

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]++)?(?:[zZ]|([+-])([0-9]{2}):([0-9]{2}))"
)
_DURATION = re.compile(
    r"P(?=[0-9T])(?:[0-9]++W|(?:[0-9]++Y(?:[0-9]++M(?:[0-9]++D)?)?|[0-9]++M(?:[0-9]++D)?|[0-9]++D)?"
    r"(?:T(?:[0-9]++H(?:[0-9]++M(?:[0-9]++S)?)?|[0-9]++M(?:[0-9]++S)?|[0-9]++S))?)"
)
_ATOM = r"[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-]++"
_LOCAL = re.compile(rf'{_ATOM}(?:\.{_ATOM})*+|"(?:[ !#-\[\]-~]|\\[ -~])*+"')
_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*+)*+", re.DOTALL)
_RELATIVE_POINTER = re.compile(r"(?:0|[1-9][0-9]*+)(?:#|(?:/(?:[^~/]|~[01])*+)*+)", re.DOTALL)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*+:")
_ESCAPED = r"%[0-9a-fA-F]{2}"
_URI = {
    wide: re.compile(
        rf"(?://(?P<authority>[^/?#]*+)(?:/(?:{part}|[:@/])*+)?|(?P<path>(?:{part}|[:@/])*+))"
        rf"(?:\?(?:{part}|[:@/?{private}])*+)?(?:\#(?:{part}|[:@/?])*+)?"
    )
    for wide, part, private in (
        (False, rf"[a-zA-Z0-9._~!$&'()*+,;=-]|{_ESCAPED}", ""),
        (True, rf"[a-zA-Z0-9._~!$&'()*+,;=\u00a0-\U000efffd-]|{_ESCAPED}", "\ue000-\uf8ff"),
    )
}
_AUTHORITY = re.compile(
    rf"(?:(?:[a-zA-Z0-9._~!$&'()*+,;=:\u00a0-\U000efffd-]|{_ESCAPED})*+@)?"
    rf"(?:\[(?P<ip>[0-9a-fA-F:.]++)\]|\[[vV][0-9a-fA-F]++\.[a-zA-Z0-9._~!$&'()*+,;=:-]++\]"
    rf"|(?:[a-zA-Z0-9._~!$&'()*+,;=\u00a0-\U000efffd-]|{_ESCAPED})*+)(?::[0-9]*+)?"
)
_TEMPLATE = re.compile(
    r"(?:[^\x00-\x20\"'%<>\\^`{|}]|%[0-9a-fA-F]{2}|\{[+#./;?&=,!@|]?"
    r"(?:[a-zA-Z0-9_.]|%[0-9a-fA-F]{2})++(?::[1-9][0-9]{0,3}|\*)?"
    r"(?:,(?:[a-zA-Z0-9_.]|%[0-9a-fA-F]{2})++(?::[1-9][0-9]{0,3}|\*)?)*+\})*+"
)


def is_date(text: str) -> bool:
    """RFC 3339 full-date."""
    found = _DATE.fullmatch(text)
    if not found:
        return False
    year, month, day = map(int, found.groups())
    # Year 0 is a leap year; calendar starts with year 1.
    return 1 <= month <= 12 and 1 <= day <= monthrange(year or 400, month)[1]


def is_time(text: str) -> bool:
    """RFC 3339 full-time; a leap second falls on 23:59:60 UTC."""
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second = int(found[1]), int(found[2]), int(found[3])
    offset_hour, offset_minute = int(found[5] or 0), int(found[6] or 0)
    if hour > 23 or minute > 59 or second > 60 or offset_hour > 23 or offset_minute > 59:
        return False
    shift = (offset_hour * 60 + offset_minute) * (-1 if found[4] == "+" else 1)
    return second < 60 or (hour * 60 + minute + shift) % 1440 == 1439


def is_date_time(text: str) -> bool:
    """RFC 3339 date-time."""
    return len(text) > 11 and text[10] in "tT" and is_date(text[:10]) and is_time(text[11:])


def is_hostname(text: str) -> bool:
    """RFC 1123 section 2.1."""
    return len(text) <= 253 and all(map(_LABEL.fullmatch, text.split(".")))


def is_ipv4(text: str) -> bool:
    """RFC 2673 section 3.2."""
    return text.isascii() and _parses(IPv4Address, text)


def is_ipv6(text: str) -> bool:
    """RFC 4291 section 2.2; no zone."""
    return text.isascii() and "%" not in text and _parses(IPv6Address, text)


def _parses(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except AddressValueError:
        return False
    return True


def is_email(text: str) -> bool:
    """RFC 5321 section 4.1.2: a mailbox in ASCII."""
    local, at, domain = text.rpartition("@")
    if not at or len(local) > 64 or not _LOCAL.fullmatch(local):
        return False
    if domain.startswith("[") and domain.endswith("]"):
        literal = domain[1:-1]
        return is_ipv6(literal[5:]) if literal.lower().startswith("ipv6:") else is_ipv4(literal)
    return is_hostname(domain)


def is_idn_email(text: str) -> bool:
    """RFC 6531: the same with other letters."""
    return is_email("".join(char if char.isascii() else "a" for char in text))


def is_reference(text: str, *, wide: bool = False) -> bool:
    """RFC 3986 section 4.1: with a scheme or relative. With `wide`, RFC 3987."""
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    found = _URI[wide].fullmatch(rest)
    if not found:
        return False
    if found["authority"] is None:
        # Without a scheme, a colon in the first segment would make it one.
        return bool(scheme) or ":" not in found["path"].partition("/")[0]
    authority = _AUTHORITY.fullmatch(found["authority"])
    if not authority or not (wide or found["authority"].isascii()):
        return False
    return authority["ip"] is None or is_ipv6(authority["ip"])


def is_uri(text: str, *, wide: bool = False) -> bool:
    """RFC 3986 section 3: with a scheme."""
    return bool(_SCHEME.match(text)) and is_reference(text, wide=wide)


def is_regex(text: str) -> bool:
    """ECMA-262, as far as our patterns go."""
    from .patterns.syntax import read

    try:
        read(text)
    except PolicyError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Test:
    return lambda text: pattern.fullmatch(text) is not None


FORMATS: dict[str, Test] = {
    "date": is_date,
    "time": is_time,
    "date-time": is_date_time,
    "duration": _matches(_DURATION),
    "email": is_email,
    "idn-email": is_idn_email,
    "hostname": is_hostname,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "uri": is_uri,
    "uri-reference": is_reference,
    "iri": lambda text: is_uri(text, wide=True),
    "iri-reference": lambda text: is_reference(text, wide=True),
    "uri-template": _matches(_TEMPLATE),
    "uuid": _matches(_UUID),
    "json-pointer": _matches(_POINTER),
    "relative-json-pointer": _matches(_RELATIVE_POINTER),
    "regex": is_regex,
}

#: Defined by JSON Schema, and not had here.
MISSING = frozenset({"idn-hostname"})


def format_test(name: str) -> Test | None:
    """The test of a format; None for one that nobody defined; PolicyError for a missing one."""
    if name in MISSING:
        hint = "use a pattern, or leave the check to the app"
        raise PolicyError(f'the format "{name}" is not supported', hint=hint)
    return FORMATS.get(name)

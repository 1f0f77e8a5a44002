"""Reading the Authorization header, and writing challenges (RFC 9110 section 11).

Rule of this file: a header that could be read in two ways is refused, never guessed.
A server joins a header that was sent twice with a comma, hence a comma between two
credentials is two of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..errors import PolicyError
from .scheme import AUTHORIZATION, malformed

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["challenge", "is_scheme", "read_authorization", "valid_challenge"]

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'

#: scheme, then token68. Its `=` may stand anywhere: a padded token is one credential, a bad one.
_ONE = re.compile(rf"({_WORD}) +([A-Za-z0-9._~+/=-]+)")

#: scheme alone, or with parameters. Values are read loosely: those who own the scheme judge it.
_PARAMETERS = re.compile(
    rf"({_WORD})(?: +({_WORD} *= *(?:{_QUOTED}|[!#-+\--~]+)"
    rf"(?: *, *{_WORD} *= *(?:{_QUOTED}|[!#-+\--~]+))*))?"
)

#: scheme, then JSON: a JSON-serialised JWS (RFC 7515 section 7.2) is one credential, a bad one.
_JSON = re.compile(rf"({_WORD}) +(\{{[ -~]*\}})")

_CHALLENGE = re.compile(
    rf"{_WORD}(?: +(?:[A-Za-z0-9._~+/-]+=*|{_WORD}=(?:{_QUOTED}|{_WORD})"
    rf"(?: *, *{_WORD}=(?:{_QUOTED}|{_WORD}))*))?"
)
_SCHEME = re.compile(_WORD)
_QUOTABLE = re.compile(r"[\t -~]*")


def read_authorization(environ: WSGIEnvironment) -> tuple[str, str] | None:
    """The scheme in lower case and what follows it; None if there is no such header.

    What follows is empty for a scheme alone. Raises `Refused` (400) for whatever is not
    one scheme with one credential.
    """
    value = environ.get(AUTHORIZATION)
    if value is None:
        return None
    found = _ONE.fullmatch(value) or _PARAMETERS.fullmatch(value) or _JSON.fullmatch(value)
    if found is None:
        raise malformed(_why(value))
    return found[1].lower(), found[2] or ""


def _why(value: str) -> str:
    if not value:
        return "the Authorization header is empty"
    if not value.isascii():
        return "the Authorization header is not ASCII"
    if not value.isprintable():
        return "a control character in the Authorization header"
    if "," in value:
        return "more than one credential in the Authorization header"
    return "the Authorization header is not a scheme and a credential"


def is_scheme(name: object) -> bool:
    """Whether this can name an authentication scheme: a token (RFC 9110 section 5.6.2)."""
    return isinstance(name, str) and _SCHEME.fullmatch(name) is not None


def valid_challenge(text: object) -> bool:
    """Whether `text` is one challenge as RFC 9110 section 11.3 writes it."""
    return isinstance(text, str) and _CHALLENGE.fullmatch(text) is not None


def challenge(scheme: str, **parameters: str) -> str:
    """A challenge with every parameter quoted and escaped; empty ones are left out.

    Raises `PolicyError` for text that cannot stand in a quoted string.
    """
    written = [f"{name}={_quoted(name, text)}" for name, text in parameters.items() if text != ""]
    return f"{scheme} {', '.join(written)}" if written else scheme


def _quoted(name: str, text: object) -> str:
    if not isinstance(text, str) or not _QUOTABLE.fullmatch(text):
        raise PolicyError("must be printable ASCII text", key=name)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""Reading a JWS in its compact serialisation (RFC 7515 section 7.1), strictly.

Nothing is verified here. Everything that two readers could read differently is
refused: other alphabets, padding, unused bits that are set, other encodings of JSON
than UTF-8, duplicate members (RFC 8725 section 2.4, RFC 7515 section 4).

Rule of this file: whatever is wrong with a token, it is a `BadToken`.
"""

from __future__ import annotations

import json
from binascii import Error as BinasciiError
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

__all__ = ["BadToken", "Token", "decode_base64url", "parse_json", "read_header", "read_token"]


class BadToken(ValueError):
    """Not a token that can be believed; the text says why, and never quotes the token."""


class Token(NamedTuple):
    """A token that has been read, and that nobody has verified."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


_FROM_URL = bytes.maketrans(b"-_+/", b"+/\0\0")


def read_header(segment: str) -> dict[str, Any]:
    """The JOSE header that the first part of a token says. Raises `BadToken`."""
    return parse_json(decode_base64url(segment, "header"), "header")


def read_token(text: str, read_header: Callable[[str], dict[str, Any]] = read_header) -> Token:
    """The parts of a token. Raises `BadToken`."""
    parts = text.split(".")
    if len(parts) != 3:
        raise BadToken("it does not have three parts")
    header, payload, signature = parts
    return Token(
        read_header(header),
        parse_json(decode_base64url(payload, "payload"), "payload"),
        text[: len(text) - len(signature) - 1].encode("ascii"),
        decode_base64url(signature, "signature"),
    )


def decode_base64url(text: str, part: str) -> bytes:
    """The bytes that `text` says; it must be the one way to say them (RFC 4648 section 3.5)."""
    try:
        standard = text.encode("ascii").translate(_FROM_URL)
        data = a2b_base64(standard + b"=" * (-len(standard) % 4))
    except (BinasciiError, UnicodeEncodeError):
        raise BadToken(f"the {part} is not base64url") from None
    if b2a_base64(data, newline=False).rstrip(b"=") != standard:
        raise BadToken(f"the {part} is not base64url without padding")
    return data


def parse_json(data: bytes, part: str) -> dict[str, Any]:
    """The JSON object in `data`. Raises `BadToken`."""
    try:
        text = data.decode("utf-8")
        try:
            value, end = _SCAN(text, 0)
        except StopIteration:
            end = -1
        if end != len(text):  # white space around it, or it is no JSON
            value = _DECODER.decode(text)
        if "\\u" in text:
            # An escape may say a lone surrogate, which is no text (RFC 7493 section 2.1).
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except BadToken as error:
        raise BadToken(f"the {part} {error}") from None
    except (ValueError, RecursionError):
        raise BadToken(f"the {part} is not JSON in UTF-8") from None
    if type(value) is not dict:
        raise BadToken(f"the {part} is not a JSON object")
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadToken("has a member twice")
    return members


def _constant(_: str) -> NoReturn:
    raise BadToken("has a number that JSON does not know")


def _number(text: str) -> float:
    value = float(text)
    if value in (_INFINITY, -_INFINITY):
        raise BadToken("has a number that is too large")
    return value


_INFINITY = float("inf")
_DECODER = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_constant, parse_float=_number
)
#: What the decoder does between two looks for white space.
_SCAN: Callable[[str, int], tuple[Any, int]] = vars(_DECODER)["scan_once"]

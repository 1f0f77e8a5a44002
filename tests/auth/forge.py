"""Tokens made by hand, so that they can be wrong in every way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "an HMAC secret, long enough for each of HS256, HS384 and HS512: 64 bytes or more"
HEADER = {"alg": "HS256", "typ": "JWT"}


#: Seconds: what is made while tests are collected is good until the last has run.
LIFETIME = 43_200


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claims(**more: Any) -> dict[str, Any]:
    """Good claims, and those in `more`; `...` takes one away."""
    now = int(time.time())
    members = {"sub": "ann", "iat": now, "exp": now + LIFETIME} | more
    return {name: value for name, value in members.items() if value is not ...}


def sign(signed: str, secret: str | bytes = SECRET, alg: str = "HS256") -> bytes:
    key = secret.encode() if isinstance(secret, str) else secret
    digest = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}[alg]
    return hmac.new(key, signed.encode("ascii"), getattr(hashlib, digest)).digest()


def token(
    payload: Any = None, header: Any = None, *, secret: str | bytes = SECRET, alg: str = "HS256"
) -> str:
    """A signed token; dicts are written as JSON, bytes and text go in as they are."""
    payload = claims() if payload is None else payload
    header = {"alg": alg, "typ": "JWT"} if header is None else header
    parts = [part if isinstance(part, bytes) else _text(part) for part in (header, payload)]
    signed = ".".join(map(b64, parts))
    return f"{signed}.{b64(sign(signed, secret, alg))}"


def _text(part: Any) -> bytes:
    return part.encode() if isinstance(part, str) else json.dumps(part).encode()


def bearer(value: str, scheme: str = "Bearer") -> dict[str, Any]:
    """An environ with an Authorization header."""
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_AUTHORIZATION": f"{scheme} {value}"}

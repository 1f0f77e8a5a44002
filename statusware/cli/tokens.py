"""The credentials of the demo: who stands behind them, and how they are made. Needs PyJWT."""

from __future__ import annotations

import secrets
import time

__all__ = ["BEARERS", "SECRET_VARIABLE", "make_tokens"]

#: What examples/recipes/statusware.toml asks for.
ISSUER, AUDIENCE, SECRET_VARIABLE = "https://id.example.com/", "recipes", "RECIPES_JWT_SECRET"

#: How long a token is valid, in seconds.
VALID = 12 * 3600


#: Who shows which token, for a reader.
BEARERS = {
    "editor": "eve, an editor",
    "admin": "ada, an admin",
    "late": "eve, an hour too late",
    "forger": "eve, says a key that is not ours",
}


def make_tokens(secret: str) -> dict[str, str]:
    """A token for each `who` of the tour, signed with `secret`, and two that are no good."""
    return {
        "editor": _token(secret, "eve", ["editor"]),
        "admin": _token(secret, "ada", ["admin"]),
        "late": _token(secret, "eve", ["editor"], valid=-3600),
        "forger": _token(secrets.token_hex(32), "eve", ["admin"]),
    }


def _token(secret: str, user: str, roles: list[str], valid: int = VALID) -> str:
    import jwt  # of the extra `jwt`, which the other commands do not need

    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": user, "roles": roles,
        "iat": min(now, now + valid), "exp": now + valid,
    }  # fmt: skip
    return jwt.encode(claims, secret, algorithm="HS256")

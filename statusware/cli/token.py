"""`statusware token`: tokens for development, signed with the secret of a policy."""

from __future__ import annotations

import os
import time
import tomllib
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ..auth.identity import valid_user
from ..auth.schemes import bearer_tables, build_schemes
from ..auth.source import read_source
from ..errors import PolicyError
from ..regular import read_regular
from ..rules.principals import SCOPES, is_scope
from .duration import Seconds
from .options import in_format, with_policy
from .output import show

__all__ = ["token"]


@click.command(epilog="Example: statusware token ann --role editor --expires 1h")
@click.argument("user")
@with_policy
@click.option("--role", "roles", multiple=True, help="A role. May be repeated.")
@click.option("--scope", "scopes", multiple=True, help="A scope. May be repeated.")
@click.option("--expires", type=Seconds(), default="1h", show_default=True, help="30d, 12h, 30m.")
@in_format
def token(
    user: str,
    policy: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    expires: int,
    form: str,
) -> int:
    """Makes a token for USER that the policy accepts.

    It is signed with the secret of [auth.bearer].
    For development: it refuses to work where STATUSWARE_ENV is "production".
    Exit status 0, or 2 if there is none.
    """
    if os.environ.get("STATUSWARE_ENV", "").strip().lower() == "production":
        raise PolicyError("tokens are for development", hint="STATUSWARE_ENV is production")
    for key, name in (("USER", user), *(("--role", role) for role in roles)):
        if not valid_user(name):
            raise PolicyError("must be a name: not blank, no control characters", key=key)
    for scope in scopes:
        if not is_scope(scope):
            raise PolicyError(f"{scope!r} is no scope", key="--scope", hint=SCOPES)
    made = _signed(_table(Path(policy)), user, roles, scopes, expires)
    members = {
        "token": made,
        "user": user,
        "roles": list(roles),
        "scopes": list(scopes),
        "expires_in": expires,
    }
    return show("token", form, 0, members, [made])


def _table(policy: Path) -> dict[str, Any]:
    """The first bearer table of the policy that has a secret."""
    try:
        document = tomllib.loads(read_regular(policy).decode())
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", file=str(policy)) from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"is not TOML: {error}", file=str(policy)) from None
    auth = document.get("auth")
    bearers = {"bearer": auth["bearer"]} if isinstance(auth, dict) and "bearer" in auth else {}
    tables = bearer_tables(bearers, folder=policy.parent)
    found = next((table for table in tables if "secret" in table), None)
    if found is None:
        hint = "whose tokens come from elsewhere, we cannot sign"
        raise PolicyError("no [auth.bearer] has a secret", file=str(policy), hint=hint)
    try:
        build_schemes(bearers, folder=policy.parent)  # what is wrong, a server would say as well
    except PolicyError as error:
        raise error.at(file=str(policy), key="auth") from None
    return found


def _signed(
    table: Mapping[str, Any],
    user: str,
    roles: tuple[str, ...],
    scopes: tuple[str, ...],
    expires: int,
) -> str:
    import jwt  # of the extra `jwt`, which the other commands do not need

    secret = table["secret"]
    now = int(time.time())
    claims: dict[str, Any] = {"iat": now, "exp": now + expires, "jti": str(uuid.uuid4())}
    for option, claim in (("issuer", "iss"), ("audience", "aud")):
        if table.get(option):
            value = table[option]
            claims[claim] = value if isinstance(value, str) else value[0]
    claims |= {"client_id": "statusware token"} if table.get("profile") else {}
    for path, value in table.get("claims", {}).items():
        _put(claims, path, value)
    _put(claims, "sub", user)
    _put(claims, table.get("user", "sub"), user)
    if roles:
        _put(claims, _first(table.get("roles", "roles")), list(roles))
    if scopes:
        _put(claims, _first(table.get("scopes", "scope")), " ".join(scopes))
    first = secret[0] if isinstance(secret, list) else secret
    algorithm = _first(table.get("algorithms", "HS256"))
    header = {"typ": table.get("profile") or "JWT"}
    return jwt.encode(claims, read_source(first, "secret"), algorithm, header)


def _first(value: str | list[str]) -> str:
    return value if isinstance(value, str) else value[0]


def _put(claims: dict[str, Any], path: str, value: Any) -> None:
    """Set the claim at a dotted path; a URI is one name."""
    names = [path] if "/" in path else path.split(".")
    for name in names[:-1]:
        claims = claims.setdefault(name, {})
    claims[names[-1]] = value

"""The JSON Schema of `[auth]`: the options of each scheme, for editors.

The schemes check their options themselves, as they are used without a policy too. A test
holds each table here to the arguments of its class, and to what the class refuses.
"""

from __future__ import annotations

from typing import Any

from ..auth.authenticator import MAX_HEADER
from ..auth.keys import HMAC, PUBLIC

__all__ = ["AUTH"]

_TEXT = {"type": "string", "minLength": 1}
_ONE_OR_MORE = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_FLAG = {"type": "boolean"}
_SECONDS = {"type": "number", "minimum": 0}


def _key(text: str, shape: dict[str, Any], default: Any = None, *examples: Any) -> dict[str, Any]:
    row = {"description": text, **shape}
    if default is not None:
        row["default"] = default
    return {**row, "examples": list(examples)} if examples else row


def _table(text: str, required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    """A scheme: one table, or a list of them, [[auth.NAME]]."""
    shape = {
        "type": "object",
        "description": text,
        "properties": {
            **properties,
            "name": _key("What the scheme is called, for user:NAME/ann.", _TEXT),
        },
        "additionalProperties": False,
        "required": required,
    }
    listed = {"type": "array", "items": shape, "description": text}
    return {"anyOf": [shape, listed], "description": text}


def _from(*kinds: str) -> dict[str, Any]:
    """A table of one key: {env = NAME} or {file = PATH}."""
    told = {"env": "The variable of the environment.", "file": "A path, relative to the policy."}
    properties = {kind: _key(told[kind], _TEXT) for kind in kinds}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }


_SOURCE: dict[str, Any] = {"anyOf": [_TEXT, _from("env", "file")]}
_SOURCES = {"anyOf": [*_SOURCE["anyOf"], {"type": "array", "items": _SOURCE, "minItems": 1}]}
_REALM = _key("Told in the challenge.", {"type": "string"}, "api")
_ALGORITHMS = {"enum": [*HMAC, *PUBLIC]}

_BEARER = {
    "secret": _key(
        "The key for HMAC, or several for rotation.", _SOURCES, None, {"env": "JWT_SECRET"}
    ),
    "public_key": _key(
        "A public key or a certificate in PEM, or several.", _SOURCES, None, {"file": "issuer.pem"}
    ),
    "jwks": _key(
        "A JWK set: a URL or a file.",
        {"anyOf": [_TEXT, _from("file")]},
        None,
        "https://id.example.com/.well-known/jwks.json",
    ),
    "algorithms": _key(
        "Those that are allowed. By default what fits the key.",
        {"anyOf": [_ALGORITHMS, {"type": "array", "items": _ALGORITHMS, "minItems": 1}]},
    ),
    "issuer": _key(
        "What `iss` must be, or several.", _ONE_OR_MORE, None, "https://id.example.com/"
    ),
    "audience": _key("What `aud` must name, or several.", _ONE_OR_MORE, None, "recipes"),
    "leeway": _key("Seconds by which clocks may differ.", _SECONDS, 30),
    "scheme": _key(
        "The name in the header, or several.", _ONE_OR_MORE, "Bearer", "Bearer", "Token"
    ),
    "realm": _REALM,
    "user": _key("The claim that names the user.", _TEXT, "sub"),
    "roles": _key(
        "Where the roles lie: a dotted path, or several.",
        _ONE_OR_MORE,
        "roles",
        "realm_access.roles",
    ),
    "scopes": _key("Where the scopes lie: a dotted path, or several.", _ONE_OR_MORE, "scope"),
    "claims": _key(
        "Claims that a token must have, by path.", {"type": "object"}, None, {"type": "access"}
    ),
    "check": _key(
        "A function (claims) -> bool, asked on every request.", _TEXT, None, "shop.auth:not_revoked"
    ),
    "profile": _key('"at+jwt": access tokens as RFC 9068 has them.', {"enum": ["", "at+jwt"]}, ""),
    "max_age": _key(
        "Seconds that a key set stays good while no newer one can be fetched.", _SECONDS, 86_400
    ),
    "allow_http": _key("Fetch the key set without TLS from elsewhere, too.", _FLAG, False),
}

_API_KEY = {
    "keys": _key(
        "The file that `statusware keys` makes, or such a list.",
        {"anyOf": [_from("file"), {"type": "array", "items": {"type": "object"}}]},
        None,
        {"file": "keys.toml"},
    ),
    "header": _key("The request header with the key.", _TEXT, "X-API-Key"),
    "realm": _REALM,
}

_BASIC = {
    "users": _key("A file as `htpasswd -B` writes it.", _SOURCE, None, {"file": "users.htpasswd"}),
    "realm": _REALM,
}

_PROXY = {
    "user": _key("The header with the name of the user.", _TEXT, "X-Forwarded-User"),
    "roles": _key(
        "A header with roles, separated by commas.", {"type": "string"}, None, "X-Forwarded-Groups"
    ),
    "scopes": _key("A header with scopes, separated by commas.", {"type": "string"}),
    "peers": _key(
        'Whom to believe: addresses, networks, or "unix".',
        _ONE_OR_MORE,
        None,
        ["127.0.0.1", "unix"],
    ),
    "realm": _REALM,
}

_REMOTE_USER = {
    "challenge": _key("The scheme that WWW-Authenticate names.", _TEXT, "Negotiate"),
    "realm": _key("Told in the challenge.", {"type": "string"}, ""),
}

_CUSTOM = {
    "verify": _key("A function (environ) -> Identity | None.", _TEXT, None, "shop.auth:identify"),
    "challenge": _key(
        "What WWW-Authenticate says.", {"type": "string"}, None, 'Session realm="shop"'
    ),
    "ambient": _key("Whether browsers send the credential by themselves.", _FLAG, False),
    "header": _key("The request header with the credential, if there is one.", {"type": "string"}),
}

AUTH: dict[str, Any] = {
    "type": "object",
    "description": "Who it is: the schemes of credentials, and how headers with them are read.",
    "properties": {
        "bearer": _table("JSON Web Tokens in the Authorization header.", [], _BEARER),
        "api_key": _table("Keys for programs, in a header of their own.", ["keys"], _API_KEY),
        "basic": _table("Users and passwords (bcrypt).", ["users"], _BASIC),
        "proxy": _table("Users whom an authenticating proxy names.", ["peers"], _PROXY),
        "remote_user": _table("The user whom the server names, REMOTE_USER.", [], _REMOTE_USER),
        "max_header": _key(
            "The longest header with credentials, in characters.",
            {"type": "integer", "minimum": 1},
            MAX_HEADER,
        ),
        "strip_headers": _key(
            "Headers that are taken for identities of a proxy, and removed.",
            {"type": "array", "items": _TEXT},
        ),
        "explain": _key(
            "Tell clients why a credential is not valid: for development.", _FLAG, False
        ),
    },
    "additionalProperties": _table("A scheme of your own, [auth.NAME].", ["verify"], _CUSTOM),
}

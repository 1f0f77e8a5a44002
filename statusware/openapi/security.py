"""Who may use an operation: from `security` to the principals of a policy.

A list of requirements is any-of, the schemes of one requirement are all-of (OpenAPI 3.1.0
section 4.8.30). Schemes of the document are those of `[auth]` by what they are, where that
is beyond doubt, else by `[api] security`. `x-allow` gives the principals in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..auth.apikey import APIKey
from ..auth.basic import Basic
from ..auth.bearer import Bearer
from ..auth.custom import Custom
from ..auth.scheme import Scheme
from ..errors import PolicyError, nearest
from ..rules.principals import is_scope
from .document import Part

__all__ = ["Security"]

_TYPES = ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")

#: Letters that mean something in a principal.
_SPECIAL = frozenset("&{}")


class Security:
    """The `security` of a document, for the schemes of a policy.

    `root` is the document, `schemes` those of `[auth]` by name. `named` maps a scheme of the
    document to one of those, to several (any of them), or to False: nobody can show it here.
    `unsecured` says who may where a document says nothing: "everyone", "authenticated", or
    "" for a `PolicyError`.
    """

    def __init__(
        self,
        root: Part,
        schemes: Mapping[str, Scheme],
        named: Mapping[str, Any] | None = None,
        unsecured: str = "",
    ) -> None:
        self.root, self.schemes, self.unsecured = root, schemes, unsecured
        components = root.get("components", dict)
        self.declared = None if components is None else components.get("securitySchemes", dict)
        self._known: dict[str, tuple[str, ...]] = {}
        for theirs, ours in (named or {}).items():
            self._known[theirs] = self._mapped(theirs, ours)

    def allow(self, operation: Part) -> list[str]:
        """The principals of an operation. Raises `PolicyError`."""
        own = operation.get("x-allow")
        if own is not None:
            return _listed(own)
        required = operation.get("security", list)
        if required is None:
            required = self.root.get("security", list)
        if required is None:
            return self._unsecured(operation)
        clauses = [clause for each in required.items() for clause in self._clauses(each)]
        if not required.value or "everyone" in clauses:
            return ["everyone"]
        if not clauses:
            raise required.wrong("nobody can show what it asks for", "x-allow says who may")
        return list(dict.fromkeys(clauses))

    def _unsecured(self, operation: Part) -> list[str]:
        if not self.unsecured:
            hint = 'add security or x-allow, or [api] openapi_unsecured = "authenticated"'
            raise operation.wrong("says nothing of security", hint)
        return [self.unsecured]

    def _clauses(self, requirement: Part) -> list[str]:
        """One requirement: the clauses of which any will do; none where nobody can show it."""
        if not requirement.of(dict).value:
            return ["everyone"]
        words: list[str] = []
        shown: list[tuple[str, ...]] = []
        for theirs in requirement.value:
            each = requirement.step(theirs)
            shown.append(self._ours(theirs, each))
            words += self._words(theirs, each)
        if not all(shown):
            return []
        common = [name for name in shown[0] if all(name in others for others in shown)]
        if not common:
            hint = "a request shows one; x-allow, or `allow` of [[routes]], says who may"
            raise requirement.wrong("asks for two schemes at once", hint)
        return [" & ".join((f"scheme:{name}", *dict.fromkeys(words))) for name in common]

    def _words(self, theirs: str, listed: Part) -> list[str]:
        """The scopes, or since 3.1 the roles, that a requirement lists for one scheme."""
        kind = self._scheme(theirs, listed).text("type")
        names = [str(each.of(str).value) for each in listed.items()]
        if kind in ("oauth2", "openIdConnect"):
            for name in names:
                if not is_scope(name) or _SPECIAL.intersection(name):
                    raise listed.wrong(f"{name!r} is no scope", "printable ASCII without & and {}")
            return [f"scope:{name}" for name in names]
        if names and self.root.document.version == "3.0":
            hint = "the list has to be empty for this type; 3.1 takes roles"
            raise listed.wrong(f"{theirs!r} has no scopes", hint)
        for name in names:
            if not name.strip() == name != "" or not name.isprintable() or _SPECIAL & set(name):
                raise listed.wrong(f"{name!r} is no role")
        return [f"role:{name}" for name in names]

    def _scheme(self, theirs: str, place: Part) -> Part:
        """The security scheme of that name, as the document describes it."""
        if self.declared is None or theirs not in self.declared.value:
            known = () if self.declared is None else self.declared.value
            hint = nearest(theirs, known) or "describe it in components.securitySchemes"
            raise place.wrong(f"{theirs!r} is no security scheme of the document", hint)
        return self.declared.step(theirs).followed()

    def _ours(self, theirs: str, place: Part) -> tuple[str, ...]:
        """The schemes of `[auth]` that a scheme of the document stands for."""
        described = self._scheme(theirs, place)
        if theirs not in self._known:
            self._known[theirs] = (self._found(theirs, described),)
        return self._known[theirs]

    def _found(self, theirs: str, described: Part) -> str:
        fitting = [name for name, each in self.schemes.items() if _fits(described, each)]
        if theirs in fitting or isinstance(self.schemes.get(theirs), Custom):
            return theirs
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            hint = f'say which: [api] security = {{{theirs} = "{fitting[0]}"}}'
            raise described.wrong(f"may be {' or '.join(fitting)} of [auth]", hint)
        hint = f'[api] security = {{{theirs} = "NAME"}} says which scheme of [auth] it is'
        if not self.schemes:
            hint = "write one, as in [auth.bearer]"
        raise described.wrong("has no scheme in [auth] that is like it", hint)

    def _mapped(self, theirs: str, ours: Any) -> tuple[str, ...]:
        key = f"api.security.{theirs}"
        if self.declared is None or theirs not in self.declared.value:
            hint = nearest(theirs, () if self.declared is None else self.declared.value)
            raise PolicyError("is no security scheme of the document", key=key, hint=hint)
        listed = [ours] if isinstance(ours, str) else ours or ()
        for name in listed:
            if name not in self.schemes:
                hint = nearest(name, self.schemes) or "write one, as in [auth.bearer]"
                raise PolicyError(f"{name!r} is no scheme of [auth]", key=key, hint=hint)
        return tuple(listed)


def _listed(own: Part) -> list[str]:
    """The principals of `x-allow`: a string, or a list of them."""
    if isinstance(own.value, str):
        return [own.value]
    listed = [str(each.of(str).value) for each in own.items()]
    if not listed:
        raise own.wrong("is empty", 'as in ["authenticated"]')
    return listed


def _fits(described: Part, scheme: Scheme) -> bool:
    """Whether a scheme of `[auth]` reads the credential that a document describes."""
    described.step("type")
    kind = described.text("type")
    if kind not in _TYPES:
        raise described.step("type").wrong(f"{kind!r} is unknown", nearest(kind, _TYPES))
    if kind == "apiKey":
        header = "HTTP_" + described.text("name").upper().replace("-", "_")
        own = isinstance(scheme, APIKey | Custom) and scheme.header == header
        return described.text("in") == "header" and own
    if kind == "http":
        wanted = described.text("scheme").lower()
        if wanted == "basic":
            return isinstance(scheme, Basic)
        return wanted == "bearer" and isinstance(scheme, Bearer) and _takes_bearer(scheme)
    return kind in ("oauth2", "openIdConnect") and isinstance(scheme, Bearer)


def _takes_bearer(scheme: Bearer) -> bool:
    """Whether tokens come as `Bearer`; another name may be configured."""
    return any(each.lower().startswith("bearer ") for each in scheme.challenges())

"""`Policy`: everything that one policy says, compiled; nothing about it can fail later.

A policy comes from a TOML file or a dict of the same shape. Whatever is wrong with it is a
`PolicyError` here, at construction, that names file, key, reason and the nearest right thing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..auth.scheme import Scheme
from ..auth.schemes import build_schemes, layer_options
from ..catalog import Entry, own_entries
from ..errors import PolicyError
from ..layers.access import AccessControl
from ..layers.authentication import Authentication
from ..layers.body import JSONBody
from ..layers.cors import Cors
from ..layers.envelope import ErrorEnvelope
from ..layers.report import reported, reported_names
from ..layers.routing import Routing
from ..layers.translate import Translation
from ..problem import Problem
from ..request import RequestLine, Scope
from ..rules import Route, RouteTable
from ..stamp import stamp
from .checks import check_routes
from .metrics import metrics_path
from .openapi import compile_bodies, document_and_folder, files_read, route_tables
from .pages import check_types
from .shape import check_shape
from .toml import line_of, read_toml, route_lines

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["Layer", "Policy"]

#: What `stack` composes: a function that puts one layer around an app.
Layer = Callable[["WSGIApplication"], "WSGIApplication"]


class Policy:
    """One policy, checked whole. `document` has the shape of the TOML file.

    - `folder`: where the relative paths in it start (by default the working directory).
    - `file`: the name that errors give.
    - `inspect`: the policy is only looked at. A variable with a secret that is not set is no
      error then, and no app can be put behind it.

    Attributes: `routes` (in the order of the file), `schemes` (name to scheme), `layers`
    (factories, outermost first: what `stack` takes), `translation` (the `[errors]` table),
    `problems` (code to entry), `lines` (those on which a file has its `[[routes]]`), `unset`
    (the variables that are not set). Raises
    `PolicyError` for whatever is wrong; once it is made, nothing about it can fail later.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        folder: str | os.PathLike[str] = ".",
        file: str = "",
        inspect: bool = False,
    ) -> None:
        self.file, self.folder = file, Path(folder)
        self._unset: list[str] | None = [] if inspect else None
        self.lines: tuple[int, ...] = ()
        try:
            check_shape(document)
            self._compile(document)
        except PolicyError as error:
            raise error.at(file=file) from None

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, inspect: bool = False) -> Policy:
        """The policy of the TOML file at `path`; with `inspect` only to be looked at.

        Raises `PolicyError`.
        """
        name = os.fspath(path)
        before = stamp([name])
        text, document = read_toml(name)
        lines = route_lines(text, document.get("routes", []))
        try:
            policy = cls(document, folder=Path(name).parent, file=name, inspect=inspect)
        except PolicyError as error:
            here = error.file == name
            raise error.at(line=line_of(text, lines, error.key) if here else None) from None
        policy.stamp = before + policy.stamp[1:]
        policy.lines = lines
        return policy

    @classmethod
    def from_openapi(
        cls,
        document: Mapping[str, Any] | str | os.PathLike[str],
        *,
        folder: str | os.PathLike[str] | None = None,
        **tables: Any,
    ) -> Policy:
        """The policy of an OpenAPI document: a path, or a dict. `tables` are those of a policy.

            Policy.from_openapi("openapi.yaml", auth={"bearer": {"secret": ...}})

        `folder` is where relative paths start: by default that of the document, if it is a
        file, else the working directory. Raises `PolicyError`.
        """
        source, found = document_and_folder(document, folder)
        return cls({**tables, "api": {**tables.get("api", {}), "openapi": source}}, folder=found)

    @classmethod
    def of(cls, policy: Policy | Mapping[str, Any] | str | os.PathLike[str]) -> Policy:
        """A policy from whatever stands for one: itself, a dict, or the path of a file."""
        if isinstance(policy, Policy):
            return policy
        if isinstance(policy, Mapping):
            return cls(policy)
        if isinstance(policy, str | os.PathLike):
            return cls.load(policy)
        reason = f"{type(policy).__name__} is no policy"
        raise PolicyError(reason, key="policy", hint="a path, a dict or a Policy")

    @property
    def routes(self) -> tuple[Route, ...]:
        """The routes, in the order of the file."""
        return self.table.routes

    @property
    def unset(self) -> tuple[str, ...]:
        """The variables with secrets that are not set, of a policy that is only looked at."""
        return tuple(dict.fromkeys(self._unset or ()))

    @property
    def envelope(self) -> Mapping[str, Any]:
        """The options of the envelope, as the table `[envelope]` has them, and `problems`."""
        return self._envelope

    @property
    def layers(self) -> list[Layer]:
        """The factories of the layers, outermost first, as they serve: some may only report.

        Raises `PolicyError` for a policy that is only looked at.
        """
        if self._unset is not None:
            raise PolicyError("is only looked at", file=self.file, key="inspect")
        return reported(self.enforced, self.report)

    @property
    def enforced(self) -> dict[str, Layer]:
        """The same, by name, as if none of them only reported."""
        envelope = partial(
            ErrorEnvelope, exceptions=self.translation, cors=self._cors, **self._envelope
        )
        made: dict[str, Layer] = {
            "ErrorEnvelope": envelope,
            "Routing": partial(Routing, routes=self.table, cors=self._cors),
        }
        if self.schemes:
            made["Authentication"] = self._authentication
        if self.routes:
            made["AccessControl"] = partial(AccessControl, rules=self.table, schemes=self.schemes)
            made["JSONBody"] = partial(JSONBody, schemas=self.table)
        return made

    def _authentication(self, app: WSGIApplication) -> WSGIApplication:
        schemes = self.schemes.values()
        return Authentication(app, *schemes, routes=self.table, **self._credentials)

    def _compile(self, document: Mapping[str, Any]) -> None:
        api = document.get("api", {})
        self._envelope = dict(document.get("envelope", {}))
        self.translation = Translation(document.get("errors", {}), key="errors")
        #: "refuse": no app is wrapped that has a route without a rule.
        self.audit: str = api.get("audit", "")
        self.reload = self._reloads(api)
        self.report = _in("api", reported_names, api.get("report", False))
        self.scope = _in("api", Scope, api["paths"]) if "paths" in api else None
        self.schemes: dict[str, Scheme] = _in(
            "auth",
            build_schemes,
            document.get("auth", {}),
            folder=self.folder,
            unset=self._unset,
        )
        if "auth" in document and not self.schemes:
            raise PolicyError("has no scheme", key="auth", hint="as in [auth.bearer]")
        self._cors = _in("cors", Cors, **document["cors"]) if "cors" in document else None
        self._credentials = layer_options(document)
        #: The files that the policy is made of, as far as it names them.
        self.files = (self.file, *self._schema_files(document)) if self.file else ()
        #: What these were before they were read.
        self.stamp = stamp(self.files)
        mounts = self._list_routes(document, api)
        #: Where the metrics are served; "": nowhere, None: there are none.
        self.metrics = metrics_path(document, self.table, self.report)
        _in("envelope", partial(ErrorEnvelope, Problem(404)), **self._envelope)
        check_types(self._envelope.get("types", ""), mounts, self.scope, self.routes)
        self.problems: dict[str, Entry] = own_entries(document.get("problems", {}))
        self._envelope["problems"] = self.problems

    def _list_routes(self, document: Mapping[str, Any], api: Mapping[str, Any]) -> frozenset[str]:
        """Make the table of routes, with the rules of their bodies; give the mount points."""
        line = {key: api[key] for key in ("methods", "mount", "allow_path") if key in api}
        mounts: frozenset[str] = _in("api", RequestLine, **line).mounts
        #: The OpenAPI document that `[api] openapi` names, if it does.
        self.openapi, tables = route_tables(document, self.folder, self.schemes, mounts)
        routes = [Route(**columns) for columns in tables]
        check_routes(routes, api, self.schemes, self.scope)
        unlisted = api.get("unlisted", "reject" if routes else "pass")
        self.table = RouteTable(routes, unlisted=unlisted, **line)
        compile_bodies(self.openapi, self.routes, document.get("body", {}), self.folder)
        if self.file:
            read = files_read(self.openapi, self.routes)
            self.files += tuple(read)
            self.stamp += tuple(each for stamp in read.values() for each in stamp)
        return mounts

    def _schema_files(self, document: Mapping[str, Any]) -> list[str]:
        bodies = (columns.get("body") for columns in document.get("routes", ()))
        paths = (body.partition("#")[0] for body in bodies if isinstance(body, str))
        return sorted({os.fspath(self.folder / path) for path in paths})

    def _reloads(self, api: Mapping[str, Any]) -> bool:
        """Whether changes of the file are to be taken over while the server runs."""
        if api.get("reload") and not self.file:
            raise PolicyError("needs a policy file", key="api.reload", hint="this one is a dict")
        asked: bool = api.get("reload", os.environ.get("STATUSWARE_RELOAD") == "1")
        return asked and bool(self.file)


def _in(section: str, build: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Build a part of the policy; errors get the name of its section."""
    try:
        return build(*args, **options)
    except PolicyError as error:
        raise error.at(key=section) from None

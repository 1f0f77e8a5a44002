"""`BodyRule`: everything that a route says about its body, in one check.

environ keys read: those of `read` and `media`. environ keys set by a check that passes:
`statusware.json` (the value), `statusware.parsed` (input, bytes and value, for integrations),
`wsgi.input` (a BytesIO of the very bytes that were checked),
`wsgi.input_terminated` (true of a BytesIO, and it spares Werkzeug a second count of the bytes),
`CONTENT_LENGTH`; removed: `HTTP_TRANSFER_ENCODING`, and `HTTP_CONTENT_ENCODING` of a body
that has been inflated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PolicyError
from ..problem import Problem
from . import strict_json
from .inflate import CODINGS, inflate
from .media import MediaTypes
from .messages import detail
from .read import TAKEN, has_body, read_body, take
from .sizes import parse_size

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from .schema import Schema, Violation

__all__ = ["BodyOptions", "BodyRule", "json_body"]

Check = Callable[["WSGIEnvironment"], None]

#: Digits of a length that is not looked at more closely.
MOST_DIGITS = 15

#: Deeper than this Python's own limit on recursion would decide.
MOST_DEPTH = 256


@dataclass(frozen=True)
class BodyOptions:
    """The `[body]` table: limits and ways that all routes share. PolicyError if one is wrong."""

    max_bytes: int | str = "1MiB"
    max_depth: int = strict_json.MAX_DEPTH
    max_errors: int = 20
    invalid: int = 400
    formats: bool = False
    patterns: str = "linear"
    inflate: bool = False
    #: `max_bytes` as a number.
    limit: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", parse_size(self.max_bytes))
        _whole("max_depth", self.max_depth, 1, MOST_DEPTH)
        _whole("max_errors", self.max_errors, 1, 1000)
        if self.invalid not in (400, 422) or isinstance(self.invalid, bool):
            raise PolicyError("not a status for this", key="invalid", hint="400 or 422")
        if self.patterns not in ("linear", "trusted"):
            hint = '"linear" or "trusted"'
            raise PolicyError("not a way to treat patterns", key="patterns", hint=hint)
        for name in ("formats", "inflate"):
            if not isinstance(getattr(self, name), bool):
                raise PolicyError("not a boolean", key=name, hint="true or false")


def _whole(key: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise PolicyError("not in range", key=key, hint=f"a whole number from {least} to {most}")


class BodyRule:
    """One route's rule for bodies: type, size, strict JSON, schema.

    `schema` is a table, a boolean, the path of a file in `folder` with an optional JSON
    pointer after `#`, or a `Schema`; `accept` lists media types instead of JSON and `+json`;
    `optional` lets requests without a body pass; `where` names the route in a PolicyError.
    `made` are the schemas of other rules with the same options and folder: one that several
    routes name (or the very same table) is made ready once.
    """

    def __init__(
        self,
        schema: object,
        *,
        options: BodyOptions | None = None,
        max_bytes: int | str | None = None,
        accept: Iterable[str] = (),
        optional: bool = False,
        folder: Path | None = None,
        made: dict[str | int, Schema] | None = None,
        where: str = "",
    ) -> None:
        """PolicyError if anything about it is wrong."""
        self.options = options or BodyOptions()
        self.optional = optional
        try:
            self.max_bytes = self.options.limit if max_bytes is None else parse_size(max_bytes)
            codings = CODINGS if self.options.inflate else ()
            self.media = MediaTypes(accept, codings)
        except PolicyError as error:
            raise error.at(key=where) from None
        self.schema = self._made(schema, folder, {} if made is None else made, where)
        #: Raises the Problem of a bad body; else hands it on, read and parsed.
        self.check: Check = self._prepared()

    def _made(
        self, schema: object, folder: Path | None, made: dict[str | int, Schema], where: str
    ) -> Schema:
        # Here, so that a policy without schemas does without what they need.
        from .schema import Options, Schema

        if isinstance(schema, Schema):
            return schema
        try:
            asked = Options(formats=self.options.formats, patterns=self.options.patterns)
            name = schema if isinstance(schema, str) else id(schema)
            made[name] = made.get(name) or Schema(schema, folder=folder, options=asked)
        except PolicyError as error:
            place = f"{error.key}: " if error.key else ""
            key = ".".join(filter(None, (where, "body")))
            raise PolicyError(f"{place}{error.reason}", key=key, hint=error.hint) from None
        return made[name]

    def _prepared(self) -> Check:
        """The check in one function, for a small body of the usual type whose length is told."""
        most = min(self.max_bytes, strict_json.LARGE - 1)
        types, depth = self.media.usual, self.options.max_depth
        parse, accepts, explain = strict_json.parser(), self.schema.accepts, self._explain
        with_care = self._check_with_care

        def check(environ: WSGIEnvironment) -> None:
            length = environ.get("CONTENT_LENGTH") or ""
            if (
                environ.get("CONTENT_TYPE") not in types
                or "HTTP_CONTENT_ENCODING" in environ
                or "HTTP_TRANSFER_ENCODING" in environ
                or not (length.isdecimal() and len(length) <= MOST_DIGITS)
                or not 0 < int(length) <= most
            ):
                return with_care(environ)
            body = take(environ, int(length))
            if str(len(body)) != length:  # not whole, or not written as a length is
                return with_care(environ, body)
            try:
                value = parse(body, depth)
                if not accepts(value):
                    explain(value)
            except Problem:
                environ[TAKEN] = len(body)
                raise
            source = environ["wsgi.input"] = BytesIO(body)
            environ["wsgi.input_terminated"] = True
            environ["statusware.json"] = value
            environ["statusware.parsed"] = (source, body, value)
            return None

        return check

    def _check_with_care(self, environ: WSGIEnvironment, begun: bytes | None = None) -> None:
        """The same for any body, of which `begun` has been read."""
        body = self._read(environ, begun)
        if body:
            value = strict_json.loads(body, self.options.max_depth)
            if not self.schema.accepts(value):
                self._explain(value)
            hand_on(environ, body)
            environ["statusware.json"] = value
            environ["statusware.parsed"] = (environ["wsgi.input"], body, value)
        else:
            hand_on(environ, body)

    def _read(self, environ: WSGIEnvironment, begun: bytes | None) -> bytes:
        """The body; empty if there is none and that is allowed."""
        told = has_body(environ)
        typed = told and bool(environ.get("CONTENT_TYPE"))
        coding = self.media.coding(environ) if told else ""
        if typed:
            self.media.check(environ)
        body = read_body(environ, self.max_bytes, begun)
        if body and not typed:  # that there would be one was not told, or not of what type
            coding = self.media.coding(environ)
            self.media.check(environ)
        if body and coding:
            body = inflate(body, coding, self.max_bytes)
            del environ["HTTP_CONTENT_ENCODING"]
        if not body and not self.optional:
            raise Problem(400, code="missing-body")
        return body

    def _explain(self, value: Any) -> None:
        """Raise the Problem of a value that breaks the schema, as our own engine has it."""
        invalid, detail, errors = self.options.invalid, None, []
        try:
            errors = [told(each) for each in self.schema.violations(value, self.options.max_errors)]
            if not errors and self.schema.ok(value):
                return  # the engine of the extra `fast` may accept, and never refuse
        except RecursionError:
            # The schema multiplies the levels of the body beyond what Python can follow.
            detail = "The body nests too deeply for its schema."
        raise Problem(invalid, detail, code="invalid-body", errors=errors)


def told(violation: Violation) -> dict[str, str]:
    """One entry of the extension `errors`."""
    return {
        "pointer": violation.pointer,
        "code": violation.code,
        "detail": detail(violation.code, violation.limit),
    }


def hand_on(environ: WSGIEnvironment, body: bytes) -> None:
    """Put the very same bytes back, so that they can be read in any way."""
    environ["wsgi.input"] = BytesIO(body)
    environ["wsgi.input_terminated"] = True
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("statusware.body_taken", None)


def json_body(environ: WSGIEnvironment) -> Any:
    """The value of the JSON body that `JSONBody` has checked.

    Raises `LookupError` where no body has been checked: the route has no `body`, or its
    `body_optional` let a request without one pass. environ keys read: `statusware.json`.
    """
    try:
        return environ["statusware.json"]
    except KeyError:
        reason = "no body has been checked for this request: give its route a `body` in the policy"
        raise LookupError(reason) from None

"""`Problem`: one error, as exception, as document (RFC 9457) and as WSGI app.

Every error answer of statusware is a `Problem`. Whoever catches one calls it as a WSGI
app; what it answers stands in `answer`.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Self

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from ..catalog import CODE, CODES, default_code, entry, phrase
from ..header import Fields, safe
from .answer import RESERVED, Alike, Renderer, answer, document

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["Problem"]


class Problem(HTTPException):
    """An error answer (RFC 9457). Raise it, return it from a Flask view, or call it as a WSGI app.

    - `status`: an HTTP status from 400 to 599.
    - `detail`: a sentence for the client, by default that of the code. It is sent, so nothing
      secret belongs in it.
    - `code`: a stable name for programs (letters, digits and `._~-`), by default that of the
      status.
    - `type`, `title`: as in RFC 9457 section 3.1; by default about:blank (or what `types` of the
      envelope makes of the code) and the phrase of the status.
    - `headers`: more response header fields: a mapping, or a list of pairs of texts.
    - `extensions`: more members of the document; what JSON cannot say is sent as text.

    Raises `ValueError` for a status outside 400 to 599, a code that cannot stand in a URI, an
    extension named like a member of the document, CR or LF in a header, and a hop-by-hop
    header (PEP 3333).

    It is a Werkzeug `HTTPException` whose `code` is None, so that Flask hands it on untouched;
    the status is `status`, the name of the problem `problem_code`.

        problem = Problem(409, "This name is taken.", code="name-taken", name="Soup")
    """

    code: int | None = None

    #: Of a problem that answers many requests: what all its answers have in common, by renderer.
    alike: dict[Renderer, Alike | None] | None = None

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        code: str | None = None,
        type: str | None = None,
        title: str | None = None,
        headers: Fields = (),
        **extensions: Any,
    ) -> None:
        if not isinstance(status, int) or not 400 <= status <= 599:
            raise ValueError("a Problem has a status from 400 to 599")
        if extensions and not RESERVED.isdisjoint(extensions):
            names = ", ".join(sorted(RESERVED.intersection(extensions)))
            raise ValueError(f"{names}: reserved, not an extension")
        if code is not None and code not in CODES and not CODE.fullmatch(code):
            raise ValueError("a code consists of letters, digits and hyphens, as in name-taken")
        Exception.__init__(self, status, detail)
        self.status = int(status)
        self.problem_code = code or default_code(self.status)
        told = detail if detail is not None else entry(self.problem_code, self.status).detail
        self.detail = self.description = str(told)
        self.type = type if type is None else str(type)
        self.title = str(title or phrase(self.status))
        #: Which of `title` and `detail` nobody gave: the table of codes says them.
        self.defaulted = (title is None, detail is None)
        self.headers = safe(headers) if headers else []
        self.extensions = extensions

    def __str__(self) -> str:
        return f"{self.status} {self.problem_code}: {self.detail}"

    def __repr__(self) -> str:
        return f"Problem({self.status}, {self.detail!r}, code={self.problem_code!r})"

    @property
    def name(self) -> str:
        """The title (Werkzeug's name for it)."""
        return self.title

    @property
    def data(self) -> dict[str, Any]:
        """The members of the answer; Flask-RESTful and Flask-RESTX send them."""
        body = self.get_response().get_data()
        try:
            members = json.loads(body)
        except ValueError:  # a page, or a format of the app's own
            members = None
        return members if isinstance(members, dict) else document(self)

    @property
    def response(self) -> Response:  # type: ignore[override]
        """The answer as a Werkzeug response; Flask-RESTful and Flask-RESTX look at it."""
        return self.get_response()

    def get_response(self, environ: Any = None, scope: Any = None) -> Response:
        """The answer as a Werkzeug response: for `environ` (or a request), else for Flask's."""
        if environ is None:
            environ = _flask_environ()
        status, headers, body = answer(self, getattr(environ, "environ", environ))
        return Response(body, status, headers)

    def prepared(self) -> Self:
        """This problem, to be answered to many requests; nothing of it may change any more."""
        self.alike = {}
        return self

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        """Answer the request with this problem (PEP 3333)."""
        status, headers, body = answer(self, environ)
        # One that is made once, and raised again and again, would hold the frames of all requests.
        self.__traceback__ = self.__context__ = None
        start_response(status, headers)
        return [body] if body else []


def _flask_environ() -> WSGIEnvironment:
    """The environ of the request that Flask is serving, or an empty one.

    Flask-RESTful and Flask-RESTX ask an exception for its response without saying what
    for. Flask is looked up, never imported: whoever serves a request with it has it.
    """
    flask = sys.modules.get("flask")
    if flask is not None and flask.has_request_context():
        environ: WSGIEnvironment = flask.request.environ
        return environ
    return {}

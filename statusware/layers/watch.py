"""Exceptions that a framework answers with a 500 of its own, before anyone else sees them.

Flask and Django send a signal first. A receiver leaves the exception in the environ, so
that `ErrorEnvelope` knows what a bare 500 was about. It changes nothing for the app, and
imports nothing: a framework that is not there cannot send anything. Bottle hands the
exception to `start_response`. (Pyramid raises it.) Falcon tells nobody, and is made to; so
are Pyramid and Bottle of the pages that they write for HEAD.

environ keys set: `statusware.exception`, where an `ErrorEnvelope` stands around the app.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from ..problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

__all__ = ["keep", "watch"]


def watch(app: WSGIApplication) -> None:
    """Listen to the frameworks that are imported, and to `app`; again is no harm."""
    flask, django = sys.modules.get("flask.signals"), sys.modules.get("django.core.signals")
    if flask is not None:
        flask.got_request_exception.connect(_from_flask)
    if django is not None:
        django.got_request_exception.connect(_from_django, dispatch_uid="statusware")
    if "falcon.app" in sys.modules:
        importlib.import_module("statusware.integrations.falcon").watch(app)
    if "pyramid.router" in sys.modules:
        importlib.import_module("statusware.integrations.pyramid_pages").watch(app)
        importlib.import_module("statusware.integrations.pyramid_traversal").watch(app)
    if "bottle" in sys.modules:
        importlib.import_module("statusware.integrations.bottle").watch(app)


def _from_flask(sender: Any, exception: BaseException | None = None, **more: Any) -> None:
    flask = sys.modules["flask"]
    if flask.has_request_context():
        keep(flask.request.environ, exception)


def _from_django(sender: Any, request: Any = None, **more: Any) -> None:
    """Django sends it while the exception is being handled, but not along."""
    keep(getattr(request, "environ", {}), sys.exc_info()[1])


def keep(environ: WSGIEnvironment, error: BaseException | None) -> bool:
    """Keep the last one, but a `Problem` over what came of it (Flask-RESTX knows no 499).

    Whether an `ErrorEnvelope` stands around to look at it.
    """
    if "statusware.renderer" not in environ:
        return False
    if not isinstance(environ.get("statusware.exception"), Problem):
        environ["statusware.exception"] = error
    return True

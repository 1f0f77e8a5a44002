"""The body that a response keeps back from HEAD: what GET would get (RFC 9110 section 9.3.2).

Whether an error response is a framework's default page stands in its body alone. Werkzeug, and
Flask with it, answers HEAD with an iterable that is empty, and closes the whole response.
"""

from __future__ import annotations

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

__all__ = ["withheld"]


def withheld(result: object) -> bytes:
    """The body behind what an app has returned for HEAD; empty where it is not known.

    A body that the app would only make while it is sent stays unmade.
    """
    while isinstance(result, ClosingIterator):
        response = _closed_by(result)
        if response is None:
            break
        if response.is_sequence:
            return response.get_data()
        result = response.response  # Flask has a response made of the one of an exception
    return b""


def _closed_by(result: ClosingIterator) -> Response | None:
    """The response that is closed along with an iterable; no public name tells."""
    owners = (getattr(each, "__self__", None) for each in getattr(result, "_callbacks", ()))
    return next((owner for owner in owners if isinstance(owner, Response)), None)

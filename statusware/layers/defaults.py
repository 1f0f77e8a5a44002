"""The default error pages of frameworks, recognised exactly, and what their author wrote in them.

`abort(404, "no recipe 5")` ends in a page around that sentence; the sentence is worth
keeping, the page is not. A sentence that the framework made up is dropped, and so is
everything that cannot be recognised.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

from webob.exc import status_map
from werkzeug.exceptions import default_exceptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["author_text", "is_default_json"]

#: A plain-text body of at most this many characters is a sentence for the client.
SHORT = 300

_WERKZEUG = re.compile(
    r"<!doctype html>\n<html lang=en>\n<title>(\d{3}) [^<\n]*</title>\n<h1>[^<\n]*</h1>\n"
    r"<p>(.*)</p>\n\Z",
    re.DOTALL | re.IGNORECASE,
)
_WEBOB_HTML = re.compile(
    r"<html>\s*<head>\s*<title>(?P<status>\d{3} [^<\n]*)</title>\s*</head>\s*<body>\s*"
    r"<h1>(?P=status)</h1>\s*(?P<message>.*?)\s*</body>\s*</html>\s*\Z",
    re.DOTALL,
)
_WEBOB_TEXT = re.compile(r"(?P<status>\d{3} [^\n]*)\n\n(?P<message>.*)\Z", re.DOTALL)

#: What Pyramid writes itself: it names views and paths.
_GENERATED = re.compile(r"predicate mismatch for|failed permission check|debug_|view_name")
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def author_text(status: int, media_type: str, body: bytes, environ: WSGIEnvironment) -> str | None:
    """The sentence that the app's author wrote into this error body, if there is one."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if media_type in ("text/html", "application/xhtml+xml"):
        found = _from_werkzeug(status, text) or _from_webob(status, _WEBOB_HTML, text, environ)
    elif media_type == "text/plain":
        webob = _WEBOB_TEXT.match(text)
        found = _from_webob(status, _WEBOB_TEXT, text, environ) if webob else text
    else:
        members = _webob_json(text)
        found = _said(status, members["message"], environ) if members else None
    if not found or len(found) > SHORT or _UNWANTED.search(found):
        return None
    return " ".join(found.split()) or None


def is_default_json(body: bytes) -> bool:
    """Whether this is the JSON in which Falcon or WebOb say no more than a status."""
    try:
        text = body.decode("utf-8")
        members = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(members, dict):
        return False
    title = members.get("title")
    falcon = set(members) == {"title"} and bool(re.fullmatch(r"\d{3} [A-Za-z' -]+", str(title)))
    return falcon or _webob_json(text) is not None


def _webob_json(text: str) -> dict[str, str] | None:
    """WebOb's JSON: message, code ("404 Not Found") and title."""
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict) or set(members) != {"message", "code", "title"}:
        return None
    if members["code"] != f"{str(members['code'])[:3]} {members['title']}":
        return None
    return members if isinstance(members["message"], str) else None


def _from_werkzeug(status: int, text: str) -> str | None:
    page = _WERKZEUG.match(text)
    if page is None:
        return None
    found = unescape(re.sub(r"<br\s*/?>", "\n", page[2]))
    default = default_exceptions.get(status)
    return None if default is not None and found == default.description else found


def _from_webob(
    status: int, pattern: re.Pattern[str], text: str, environ: WSGIEnvironment
) -> str | None:
    page = pattern.match(text)
    if page is None:
        return None
    message = page["message"]
    if pattern is _WEBOB_HTML:
        message = unescape(re.sub(r"<[^>]*>", " ", message))
    return _said(status, message, environ)


def _said(status: int, message: str, environ: WSGIEnvironment) -> str | None:
    """What follows the explanation that every response of this status carries."""
    explanation = getattr(status_map.get(status), "explanation", None)
    message = message.replace("<br />", " ").strip()
    if not explanation or not message.startswith(explanation):
        return None
    found = message[len(explanation) :].strip()
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
    return None if found == path or _GENERATED.search(found) else found

"""The default error pages of frameworks, recognised exactly, and what their author wrote in them.

`abort(404, "no recipe 5")` ends in a page around that sentence; the sentence is worth
keeping, the page is not. A sentence that the framework made up is dropped, and so is
everything that cannot be recognised. `PAGES` is the table of what is known.

environ keys read: `PATH_INFO`, `REQUEST_METHOD`, `statusware.default_page` (what the author
wrote, where the framework itself says that it has written a default page).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from webob.exc import status_map
from werkzeug.exceptions import default_exceptions

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["author_text", "default_page", "is_json", "made_up"]

#: A sentence for the client has at most this many characters.
SHORT = 300

#: A default page around such a sentence has at most this many bytes.
LONGEST = 4096

#: What Pyramid and WebOb write themselves: it names views and paths, and echoes headers.
_GENERATED = re.compile(
    r"predicate mismatch for|failed permission check|debug_|view_name"
    r"|The resource could not be generated that was acceptable|The request media type "
    r"|Out of bounds: "
)

#: An address as a whole; what stands in the group is its path.
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s]*(/[^\s?#]*)(?:\?\S*)?")

#: What WebOb's JSON shows of its HTML: breaks, and the comment at the end.
_WEBOB_JSON = re.compile(r"<br />|\n<!-- .* -->\n\Z", re.DOTALL)

#: What Bottle writes itself: its own 404 names the path.
_BOTTLE_SAYS = re.compile(r"Not found: |Method not allowed\.\Z|Unknown Error\.\Z")

#: Set where Falcon itself has written the page, whatever the title; members it may have.
_TOLD = "statusware.default_page"
_FALCON = {"title", "description", "code", "link"}
_FALCON_XML = re.compile(
    r"<title>([^<]*)</title>(?:<description>([^<]*)</description>)?"
    r"(?:<code>[^<]*</code>)?(?:<link>.*</link>)?</error>",
    re.DOTALL,
)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def author_text(status: int, media_type: str, body: bytes, page: str | None) -> str | None:
    """The sentence that the app's author wrote into this error body, if there is one.

    That of a default page (`page` is what `default_page` says), or a short text/plain body as
    a whole. Never of a 5xx, where it may be the text of an exception.
    """
    if status >= 500 or len(body) > LONGEST:
        return None
    found = page
    if found is None and media_type == "text/plain":
        found = body.decode("utf-8", "replace")
    if not found or len(found) > SHORT or "\ufffd" in found or _CONTROL.search(found):
        return None
    return " ".join(found.split()) or None


def default_page(status: int, media_type: str, body: bytes, environ: WSGIEnvironment) -> str | None:
    """What the author wrote into the default page of a framework; None where it is none.

    An empty text stands for a page that says no more than its status.
    """
    if len(body) > LONGEST:
        return None
    if not body and _TOLD in environ:  # HEAD
        return str(environ[_TOLD])
    kind = media_type.rpartition("/")[2]
    if kind not in PAGES:
        if not is_json(media_type):
            return None
        kind = "json"
    text = body.decode("utf-8", "replace")
    for page in PAGES[kind]:
        said = page(status, text, environ)
        if said is not None:
            return said
    return None


def is_json(media_type: str) -> bool:
    """Whether this is JSON (RFC 6839 section 3.1 for the suffix)."""
    return media_type == "application/json" or media_type.endswith("+json")


def _werkzeug(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    return _said_by_werkzeug(status, text)


@lru_cache(maxsize=128)
def _said_by_werkzeug(status: int, text: str) -> str | None:
    """Its page depends on nothing but status and sentence: mostly it is the same one again."""
    start = f"<!doctype html>\n<html lang=en>\n<title>{status} "
    name, _, rest = text.removeprefix(start).partition("</title>\n<h1>")
    end = f"{name}</h1>\n<p>"
    if not text.startswith(start) or not rest.startswith(end) or not rest.endswith("</p>\n"):
        return None
    said = unescape(rest[len(end) : -len("</p>\n")].replace("<br>", "\n"))
    default = default_exceptions.get(status)
    made_up = default is not None and said.startswith(default.description or "\0")
    return "" if made_up else said


def _webob_html(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    start = f"<html>\n <head>\n  <title>{status} "
    name, _, rest = text.removeprefix(start).partition("</title>\n")
    middle = f" </head>\n <body>\n  <h1>{status} {name}</h1>\n"
    end = " </body>\n</html>"
    if not text.startswith(start) or not rest.startswith(middle) or not rest.endswith(end):
        return None
    message = re.sub(r"<[^>]*>", " ", rest[len(middle) : -len(end)])
    return _after_explanation(status, unescape(message), environ)


def _webob_text(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    first, _, message = text.partition("\n\n")
    if not first.startswith(f"{status} ") or "\n" in first:
        return None
    return _after_explanation(status, _uncommented(message), environ)


def _webob_json(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    members = _object(text)
    if set(members) != {"message", "code", "title"} or not isinstance(members["message"], str):
        return None
    if members["code"] != f"{status} {members['title']}":
        return None
    return _after_explanation(status, _uncommented(members["message"]), environ)


def _uncommented(message: str) -> str:
    """A message that is no HTML without its comment, which stands behind the detail."""
    message = _WEBOB_JSON.sub(" ", message)
    explanation, gap, rest = message.partition("\n\n\n")
    if gap:  # Pyramid: each on a line of its own; an empty one is no comment
        commented = rest.endswith("\n") and not rest.endswith("\n\n")
        return f"{explanation} {rest.partition(chr(10))[0] if commented else rest}"
    explanation, gap, rest = message.partition("\n\n")
    return f"{explanation} {rest.partition('  ')[0]}"  # WebOb: two spaces before it


def _after_explanation(status: int, message: str, environ: WSGIEnvironment) -> str:
    """What follows the explanation that every response of this status carries."""
    message = " ".join(message.split())
    known = _explanations(status, environ)
    explanation = next((text for text in known if message.startswith(text)), None)
    if explanation is None:
        return ""
    said = message[len(explanation) :].strip()
    return "" if made_up(said, environ) else said


def made_up(said: str, environ: WSGIEnvironment) -> bool:
    """Whether this is a sentence of Pyramid's or WebOb's own, or the path or address asked for."""
    path = environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace")
    if said == " ".join(path.split()) or _GENERATED.search(said):
        return True
    address = _URL.fullmatch(said)  # Pyramid's static views tell it
    return address is not None and unquote(address[1]).endswith(path)


def _explanations(status: int, environ: WSGIEnvironment) -> list[str]:
    """WebOb's and, where it is imported, Pyramid's; some of these are empty. Longest first."""
    if status == 405:
        return [f"The method {environ.get('REQUEST_METHOD')} is not allowed for this resource."]
    pyramid = getattr(sys.modules.get("pyramid.httpexceptions"), "status_map", {})
    found = [(status_map.get(status), "\0"), (pyramid.get(status), "")]
    texts = [getattr(cls, "explanation", "") or empty for cls, empty in found if cls is not None]
    return sorted((" ".join(text.split()) for text in texts), key=len, reverse=True)


def _bottle(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    start = '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">'
    text = text.lstrip()
    if not text.startswith(start) or f"<title>Error: {status} " not in text[:200]:
        return None
    _, sorry, rest = text.partition("<p>Sorry, the requested URL <tt>")
    said = unescape(rest.partition("<pre>")[2].partition("</pre>")[0])
    if not sorry:
        return None
    return "" if _BOTTLE_SAYS.match(said) else said


def _django(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    start = '\n<!doctype html>\n<html lang="en">\n<head>\n  <title>'
    title, _, rest = text.removeprefix(start).partition("</title>\n</head>\n<body>\n")
    same = text.startswith(start) and rest.startswith(f"  <h1>{title}</h1><p>")
    return "" if same and rest.endswith("</p>\n</body>\n</html>\n") else None


def _falcon_json(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    members = _object(text)
    if not {"title"} <= set(members) <= _FALCON:
        return None
    if not _is_falcons(status, str(members["title"]), environ):
        return None
    return str(members.get("description", ""))


def _falcon_xml(status: int, text: str, environ: WSGIEnvironment) -> str | None:
    start = '<?xml version="1.0" encoding="UTF-8"?><error>'
    found = _FALCON_XML.fullmatch(text.removeprefix(start))
    if not text.startswith(start) or found is None or not _is_falcons(status, found[1], environ):
        return None
    return unescape(found[2] or "")


def _is_falcons(status: int, title: str, environ: WSGIEnvironment) -> bool:
    """Whether Falcon says so; else the title that it gives by default does."""
    return _TOLD in environ or re.fullmatch(rf"{status} [A-Za-z' -]+", title) is not None


def _object(text: str) -> dict[str, Any]:
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {}


#: By subtype: functions of status, text and environ, as `default_page` answers.
PAGES: dict[str, tuple[Callable[[int, str, Any], str | None], ...]] = {
    "html": (_werkzeug, _webob_html, _bottle, _django),
    "plain": (_webob_text,),
    "json": (_webob_json, _falcon_json),
    "xml": (_falcon_xml,),
}

"""Pages about problems that a person can read: self-contained, escaped, light and dark.

They need no script and fetch nothing; `CONTENT_SECURITY_POLICY` says so, with the
digest of its style.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from .encoding import utf8

__all__ = ["CONTENT_SECURITY_POLICY", "entry_page", "index_page", "page"]

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1.25rem;"
    "background:Canvas;color:CanvasText}"
    "p.status{margin:0;font-size:.95rem;opacity:.7}h1{margin:.2rem 0 1rem;font-size:1.9rem;"
    "line-height:1.2}dl{margin-top:2rem;padding-top:1rem;border-top:1px solid GrayText;"
    "font-size:.85rem}dt{float:left;clear:left;width:5rem;opacity:.7}"
    "dd{margin:0 0 .3rem 5rem;font-family:ui-monospace,monospace;overflow-wrap:anywhere}"
    "li{margin:.3rem 0}ul{padding-left:1.2rem}a{color:LinkText}"
    "code{font-family:ui-monospace,monospace}"
)

_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


def page(members: dict[str, Any]) -> bytes:
    """The page for the members of a problem document."""
    title, status = escape(str(members["title"])), int(members["status"])
    return _html(
        f"{status} {title}",
        f'<p class="status">{status}</p><h1>{title}</h1>'
        f"<p>{escape(str(members['detail']))}</p>{_errors(members.get('errors'))}"
        f"<dl><dt>code</dt><dd>{escape(str(members['code']))}</dd>"
        f"<dt>request</dt><dd>{escape(str(members.get('request_id', '')))}</dd></dl>",
    )


def entry_page(row: Mapping[str, Any]) -> bytes:
    """The page about one code: what it means and what to do."""
    code, title, status = (escape(str(row[name])) for name in ("code", "title", "status"))
    return _html(
        f"{code}: {title}",
        f'<p class="status">{status} {title}</p><h1>{code}</h1>'
        f"<p>{_marked(row['detail'])}</p><p>{_marked(row['fix'])}</p>"
        f'<p><a href="{escape(row["index"])}">All problems</a></p>',
    )


def index_page(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The page that lists all codes, by status."""
    items = (
        f'<li id="{escape(row["code"])}">{row["status"]} <a href="{escape(row["type"])}">'
        f"<code>{escape(row['code'])}</code></a><br>{_marked(row['detail'])}</li>"
        for row in rows
    )
    return _html("Problems", f"<h1>Problems</h1><ul>{''.join(items)}</ul>")


def _marked(text: str) -> str:
    """A text of the table as HTML; it has names between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _html(title: str, body: str) -> bytes:
    """A page; `title` and `body` are HTML."""
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><main>"
    )
    return utf8(f"{head}{body}</main></body></html>\n")


def _errors(errors: object) -> str:
    """The list of schema violations, where there are some."""
    if not isinstance(errors, list):
        return ""
    rows = (
        f"<li><code>{escape(str(e.get('pointer', '')) or 'body')}</code> "
        f"{escape(str(e.get('detail', '')))}</li>"
        for e in errors
        if isinstance(e, dict)
    )
    return f"<ul>{''.join(rows)}</ul>"

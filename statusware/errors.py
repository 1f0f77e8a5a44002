"""`PolicyError`: what is wrong with a policy or an option, in one line.

Raised at construction only, so that nothing starts half-configured.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["PolicyError", "check_app", "check_flag", "check_list", "nearest", "visible"]


#: More words than this help nobody in one line.
MANY = 12


class PolicyError(ValueError):
    """A wrong option: `file:line: key: reason`, and in `hint` the nearest right thing.

    `reason` says what is wrong, `key` which option (dotted, as in the TOML file), `file` and
    `line` where it stands (the line is None where it cannot be told), `hint` what would be right;
    `str()` is one line. A `ValueError`. Whoever knows more than the raiser completes the error
    with `at()` on its way out.
    """

    def __init__(
        self,
        reason: str,
        *,
        key: str = "",
        file: str = "",
        hint: str = "",
        line: int | None = None,
    ) -> None:
        self.reason, self.key, self.file, self.hint = reason, key, file, hint
        self.line = line
        super().__init__(reason)

    def at(self, *, file: str = "", key: str = "", line: int | None = None) -> PolicyError:
        """The same error with `file` and `line` set (if they were not), `key` put before its own.

        A key that is a JSON pointer becomes a fragment: `routes[0].body#/properties/name`.
        """
        self.file, self.line = self.file or file, self.line or line
        joint = "#" if self.key.startswith("/") else "."
        self.key = joint.join(filter(None, (key, self.key)))
        return self

    def __str__(self) -> str:
        """One line, whatever stands in the parts; nothing in it moves a cursor or hides."""
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        line = ": ".join(filter(None, (place, self.key, self.reason)))
        return visible(" ".join((f"{line}; {self.hint}" if self.hint else line).split()))


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to `name`, else all of them if they are few."""
    words = sorted(known)
    close = difflib.get_close_matches(name, words, n=1)
    if close:
        return f'did you mean "{close[0]}"?'
    return f"known are {', '.join(words)}" if 0 < len(words) <= MANY else ""


def visible(text: str) -> str:
    """`text`, with what could not be seen on a terminal, or do something to it, escaped."""
    if text.isprintable():
        return text
    escaped = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return "".join(escaped)


def check_app(app: object) -> None:
    """Raise a `PolicyError` for what cannot be a WSGI app."""
    if not callable(app):
        raise PolicyError(f"{type(app).__name__} is no WSGI app", key="app")


def check_flag(key: str, value: object) -> None:
    """Raise a `PolicyError` for what is neither True nor False; a truthy "no" is a slip."""
    if not isinstance(value, bool):
        raise PolicyError("must be true or false", key=key)


def check_list(key: str, value: object) -> None:
    """Raise a `PolicyError` for what is no list; a string is one, of letters, by accident."""
    if isinstance(value, str | bytes):
        raise PolicyError("must be a list", key=key, hint=f'as in ["{value!s}"]')
    if not isinstance(value, Iterable):
        raise PolicyError("must be a list", key=key)

"""YAML as JSON would have it: keys are text, and scalars what JSON knows.

PyYAML's own loader makes numbers of `200:`, booleans of `on:`, dates of `2024-01-01`, and
lets aliases multiply. Here its parser alone is used, event by event: no constructor runs,
nothing recurses, and a document may not grow beyond `MAX_VALUES` by its aliases.
"""

from __future__ import annotations

import importlib
import math
import re
from dataclasses import dataclass, field
from typing import Any

from ...errors import PolicyError
from .files import MAX_DEPTH

__all__ = ["MAX_VALUES", "loads"]

#: Values in a document, those that aliases repeat counted as often as they are repeated.
MAX_VALUES = 5_000_000

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,99})")
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,99}(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {_TAG + name for name in ("int", "float", "bool", "null", "map", "seq")}


class _Missing:
    """No key has been read yet."""


@dataclass
class _Open:
    """A collection that is being read: how many values it has, and what it merges (`<<`)."""

    value: dict[str, Any] | list[Any]
    line: int
    anchor: str | None
    size: int = 1
    key: Any = _Missing
    merges: list[Any] = field(default_factory=list)


def loads(data: bytes) -> Any:
    """The one document in `data`; PolicyError, with the line, for what JSON could not say.

    ImportError where PyYAML is missing.
    """
    yaml = importlib.import_module("yaml")
    loader = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    builder = _Builder()
    try:
        for event in yaml.parse(data, Loader=loader):
            builder.take(type(event).__name__, event)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, PolicyError):
            raise
        mark = getattr(error, "problem_mark", None)
        raise PolicyError(f"not readable as YAML{_line(mark.line + 1) if mark else ''}") from None
    return builder.root


class _Builder:
    """Values from events."""

    def __init__(self) -> None:
        self.root: Any = None
        self._documents = 0
        self._open: list[_Open] = []
        #: What each anchor stands for, and how many values that is.
        self._anchors: dict[str, tuple[Any, int]] = {}

    def take(self, name: str, event: Any) -> None:
        """One event of PyYAML's, by the name of its class."""
        if name == "ScalarEvent":
            value = _scalar(event, is_key=self._wants_key())
            self._add(value, 1, event.anchor, _at(event))
        elif name in ("MappingStartEvent", "SequenceStartEvent"):
            self._start({} if name == "MappingStartEvent" else [], event)
        elif name in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()
        elif name == "AliasEvent":
            if event.anchor not in self._anchors:
                reason = f"*{event.anchor} is not there, or within itself"
                raise PolicyError(reason + _line(_at(event)))
            self._add(*self._anchors[event.anchor], None, _at(event))
        elif name == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise PolicyError(f"more than one YAML document{_line(_at(event))}")

    def _start(self, value: dict[str, Any] | list[Any], event: Any) -> None:
        _check_tag(event)
        if self._wants_key():
            raise PolicyError(f"a key that is no text{_line(_at(event))}")
        if len(self._open) >= MAX_DEPTH:
            raise PolicyError(f"nested deeper than {MAX_DEPTH} levels{_line(_at(event))}")
        self._open.append(_Open(value, _at(event), event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for merged in done.merges:
                done.value.update({k: v for k, v in merged.items() if k not in done.value})
        self._add(done.value, done.size, done.anchor, done.line)

    def _wants_key(self) -> bool:
        return bool(self._open) and (
            isinstance(self._open[-1].value, dict) and self._open[-1].key is _Missing
        )

    def _add(self, value: Any, size: int, anchor: str | None, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = value, size
        if not self._open:
            self.root = value
            return
        around = self._open[-1]
        around.size += size
        if around.size > MAX_VALUES:
            raise PolicyError(f"more than {MAX_VALUES:,} values, aliases counted{_line(line)}")
        if isinstance(around.value, list):
            around.value.append(value)
        elif around.key is _Missing:
            around.key = _key(value, around, line)
        else:
            self._member(around, value, line)

    def _member(self, around: _Open, value: Any, line: int) -> None:
        key, around.key = around.key, _Missing
        if key is not _Merge:
            around.value[key] = value
            return
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(each, dict) for each in merged):
            raise PolicyError(f"<< merges what is no mapping{_line(line)}")
        around.merges += merged


class _Merge(str):
    """The key `<<` without quotes (https://yaml.org/type/merge.html)."""


def _key(value: Any, around: _Open, line: int) -> Any:
    if value is _Merge:
        return value
    if not isinstance(value, str):
        raise PolicyError(f"a key that is no text{_line(line)}")
    if value in around.value:
        raise PolicyError(f"the key {value!r} stands twice{_line(line)}")
    return value


def _scalar(event: Any, *, is_key: bool) -> Any:
    _check_tag(event)
    text: str = event.value
    plain = (event.implicit[0] and event.tag != "!") or event.tag in _PLAIN_TAGS
    if is_key:
        return _Merge if plain and text == "<<" else text
    if not plain:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and not re.match(r"[-+]?0[0-9]", text):
        number = float(text)
        if math.isfinite(number):
            return number
    elif not _NOT_FINITE.fullmatch(text):
        return text
    raise PolicyError(f"a number that JSON cannot say{_line(_at(event))}")


def _check_tag(event: Any) -> None:
    tag = event.tag
    if tag not in (None, "!", _TAG + "str") and tag not in _PLAIN_TAGS:
        raise PolicyError(f"the tag {tag} is not taken{_line(_at(event))}", hint="leave it out")


def _at(event: Any) -> int:
    line: int = event.start_mark.line + 1
    return line


def _line(number: int) -> str:
    return f", line {number}"

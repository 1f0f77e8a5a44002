"""Regular expressions as ECMA-262 has them (in Unicode mode), read into a tree.

Where Unicode mode is stricter than what people write, the old reading is taken: a needless
backslash before punctuation, and a lone brace, stand for themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import PolicyError
from . import chars
from .chars import Ranges

__all__ = [
    "Alternatives", "Backreference", "Chars", "Edge", "Group", "Look", "Repeat", "Sequence",
    "Tree", "read",
]  # fmt: skip

#: Up to where a quantifier counts; ECMA-262 sets no limit, memory does.
MOST = 65535


@dataclass(frozen=True)
class Chars:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True)
class Edge:
    """An assertion without width: `^`, `$`, `b` or `B`."""

    kind: str


@dataclass(frozen=True)
class Look:
    """Lookahead or lookbehind."""

    behind: bool
    negative: bool
    item: Tree


@dataclass(frozen=True)
class Group:
    """A group that captures, which matters to back references only."""

    name: str
    item: Tree


@dataclass(frozen=True)
class Backreference:
    """What a group has captured, by number or name."""

    group: str


@dataclass(frozen=True)
class Repeat:
    """`least` to `most` times; no `most` is without end."""

    item: Tree
    least: int
    most: int | None


@dataclass(frozen=True)
class Sequence:
    """One after another."""

    items: tuple[Tree, ...]


@dataclass(frozen=True)
class Alternatives:
    """One of them."""

    items: tuple[Tree, ...]


Tree = Chars | Edge | Look | Group | Backreference | Repeat | Sequence | Alternatives


def read(source: str) -> Tree:
    """The tree of a pattern; PolicyError if it is not one."""
    reader = _Reader(source)
    try:
        tree = reader.alternatives()
    except RecursionError:
        raise PolicyError("the pattern nests too deeply") from None
    if reader.at < len(source):
        raise reader.wrong("an unmatched )")
    return tree


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0

    def wrong(self, what: str) -> PolicyError:
        return PolicyError(f"not a pattern (ECMA-262): {what} at character {self.at + 1}")

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def next(self) -> str:
        if self.at >= len(self.source):
            raise self.wrong("an early end")
        self.at += 1
        return self.source[self.at - 1]

    def take(self, text: str) -> bool:
        if not self.source.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def alternatives(self) -> Tree:
        items = [self.sequence()]
        while self.take("|"):
            items.append(self.sequence())
        return items[0] if len(items) == 1 else Alternatives(tuple(items))

    def sequence(self) -> Tree:
        items: list[Tree] = []
        while self.peek() not in ("", "|", ")"):
            items.append(self.term())
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def term(self) -> Tree:
        item = self.atom()
        quantifier = self.quantifier()
        if quantifier is None:
            return item
        if isinstance(item, Look | Edge):
            raise self.wrong("a quantifier after something without width")
        self.take("?")  # Lazy or greedy decides which match is found, never whether.
        if self.peek() in ("*", "+", "?") and self.peek():
            raise self.wrong("two quantifiers")
        return Repeat(item, *quantifier)

    def quantifier(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return bounds
        found = chars.COUNTS.match(self.source, self.at)
        if found is None:
            return None
        if len(found[0]) > 20 or any(int(n) > MOST for n in found.group(1, 3) if n):
            raise PolicyError(f"is too large for us: it counts to more than {MOST}")
        least = int(found[1])
        most = least if found[2] is None else int(found[3]) if found[3] else None
        if most is not None and most < least:
            raise self.wrong("a count that cannot be")
        self.at = found.end()
        return least, most

    def atom(self) -> Tree:
        char = self.next()
        if char == "(":
            return self.group()
        if char == "[":
            return Chars(self.set())
        if char == "\\":
            return self.escape()
        if char in "^$":
            return Edge(char)
        if char in "*+?":
            raise self.wrong("a quantifier after nothing")
        return Chars(chars.DOT if char == "." else chars.one(char))

    def group(self) -> Tree:
        for opening, behind, negative in (
            ("?=", False, False), ("?!", False, True), ("?<=", True, False), ("?<!", True, True),
        ):  # fmt: skip
            if self.take(opening):
                return Look(behind, negative, self.closed())
        if self.take("?:"):
            return self.closed()
        name = ""
        if self.take("?"):
            found = chars.NAME.match(self.source, self.at)
            if found is None:
                raise self.wrong("an unknown kind of group")
            name, self.at = found[1], found.end()
        return Group(name, self.closed())

    def closed(self) -> Tree:
        inner = self.alternatives()
        if not self.take(")"):
            raise self.wrong("a group without end")
        return inner

    def escape(self) -> Tree:
        char = self.next()
        if char in "bB":
            return Edge(char)
        if char in "123456789":
            while self.peek().isascii() and self.peek().isdigit():
                char += self.next()
            if len(char) > 2:  # Python would take three digits for a character
                raise self.wrong("a group beyond the 99th")
            return Backreference(char)
        if char == "k" and (found := chars.NAME.match(self.source, self.at)):
            self.at = found.end()
            return Backreference(found[1])
        return Chars(self.class_escape(char))

    def class_escape(self, char: str) -> Ranges:
        """The characters that an escape stands for, in or out of brackets."""
        if char in chars.CLASSES:
            return chars.CLASSES[char]
        if char in chars.CONTROLS:
            return chars.one(chars.CONTROLS[char])
        if char in "pP":
            found = chars.PROPERTY.match(self.source, self.at)
            if found is None:
                raise self.wrong("a property without name")
            self.at = found.end()
            known = chars.property_ranges(found[1])
            return chars.complement(known) if char == "P" else known
        if char in "xuc0":
            return chars.one(self.code_point(char))
        if char.isalnum():
            raise self.wrong("an unknown escape")
        return chars.one(char)

    def code_point(self, char: str) -> str:
        found = chars.CODES[char].match(self.source, self.at)
        if found is None:
            raise self.wrong("an unknown escape")
        self.at = found.end()
        if char == "c":
            return chr(ord(found[0]) % 32)
        if char == "0":
            return "\0"
        parts = found.groupdict()
        if parts.get("low"):
            high, low = int(parts["high"], 16), int(parts["low"], 16)
            return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
        code = int(parts.get("braced") or parts["code"], 16)
        if code > 0x10FFFF:
            raise self.wrong("a code point beyond Unicode")
        return chr(code)

    def set(self) -> Ranges:
        negative = self.take("^")
        members: list[Ranges] = []
        while not self.take("]"):
            start = self.member()
            if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                end = self.member()
                start = self.span(start, end)
            members.append(start)
        ranges = chars.union(*members)  # at the end: a class like \p{L} has 650 ranges
        return chars.complement(ranges) if negative else ranges

    def member(self) -> Ranges:
        char = self.next()
        if char != "\\":
            return chars.one(char)
        char = self.next()
        return chars.one("\b") if char == "b" else self.class_escape(char)

    def span(self, start: Ranges, end: Ranges) -> Ranges:
        """`a-z`; where an end is a class, as in `\\w-.`, the hyphen stands for itself."""
        if not (chars.is_one(start) and chars.is_one(end)):
            return chars.union(start, end, chars.one("-"))
        if start[0][0] > end[0][0]:
            raise self.wrong("a range the wrong way round")
        return ((start[0][0], end[0][0]),)

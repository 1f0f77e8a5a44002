"""Parts of a schema about which the engine of the extra `fast` is asked.

It has refused the whole value by then. A part of the value that it accepts need not be
explained, and that is most of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from ..fast import Acceptor
from .combine import Ref
from .fusion import Ok
from .library import Target
from .node import Node, Reach

__all__ = ["Part", "is_part"]

#: Other checks are comparisons, which Python does as fast.
_WORTH_ASKING = Reach.INSIDE

#: Makes the acceptor of a schema, by the URI of its draft.
Ask = Callable[[Target, str], Acceptor | None]


def is_part(node: Node) -> bool:
    """Whether it is asked about values before they are explained, and that takes a while."""
    if node.flat:
        for check in node.checks:
            if check.reach >= _WORTH_ASKING:
                return True
    return False


class Part(NamedTuple):
    """The node of a part, the schema that it is made of, and the URI of its draft."""

    node: Node
    target: Target
    draft: str

    def hasten(self, ask: Ask) -> None:
        """Let that engine say what can be skipped; the whole schema is plain to it.

        It is made ready when a value is first explained here: that may never be.
        """
        self.node.quick = cache(partial(self._asked, ask))

    def _asked(self, ask: Ask) -> Ok | None:
        match self.node.checks:
            case [Ref(node=other)]:
                return other.skip()
        if '"$ref"' in json.dumps(self.target.contents):  # to what lies outside of this part
            return None
        accepts = ask(self.target, self.draft)
        return None if accepts is None else lambda value, visit: accepts(value)

"""The command line, `statusware`: one file a command. Needs the extra `cli`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command in `argv` (default: the process's own arguments).

    Returns the exit status: 0, 1 where the answer is no, 2 for what is wrong with the
    command or the policy, which is then one line on stderr.
    """
    for name in ("click", "rich"):
        if importlib.util.find_spec(name) is None:
            sys.stderr.write(
                f'statusware: the command line needs {name}: pip install "statusware[cli]"\n'
            )
            return 2
    from .group import run

    return run(sys.argv[1:] if argv is None else list(argv))

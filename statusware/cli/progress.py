"""How far a command has come, where that takes over a second: on stderr, on a terminal only.

rich is imported there only, as it takes longer than many a command.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["busy", "progress"]

#: Seconds that pass before anything is shown.
PATIENCE = 1.0

_Step = TypeVar("_Step")


def progress(steps: Sequence[_Step], label: str) -> Iterator[_Step]:
    """The steps, one by one, and a bar once they have taken a second."""
    if not sys.stderr.isatty():
        yield from steps
        return
    start = time.monotonic()
    with _bar() as bar:
        task = bar.add_task(label, total=len(steps), visible=False)
        for at, step in enumerate(steps):
            bar.update(task, completed=at, visible=time.monotonic() - start > PATIENCE)
            yield step


@contextmanager
def busy(label: str) -> Iterator[None]:
    """Say what is being done, if it takes more than a second."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    status = Console(stderr=True).status(label)
    timer = threading.Timer(PATIENCE, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # it may be starting right now
        status.stop()


def _bar() -> Progress:
    from rich import progress as bars
    from rich.console import Console

    return bars.Progress(
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

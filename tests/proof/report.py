"""One table a claim: printed, and written into docs/reliability.md between its markers."""

import re
import signal
import sys
import time
from pathlib import Path

from tests.proof.servers import versions

__all__ = ["PAGE", "Section", "program"]

PAGE = Path(__file__).parent.parent.parent / "docs" / "reliability.md"


class Section:
    """The table of one claim. `names` are distributions whose versions belong to it."""

    def __init__(self, claim, *names, command=""):
        self.claim, self.names, self.command = claim, names, command
        self.rows, self.notes = [], []

    def row(self, *cells):
        """The first row is the head of the table."""
        self.rows.append([str(cell) for cell in cells])

    def note(self, text):
        """A sentence below the table."""
        self.notes.append(text)

    def text(self):
        """The table in Markdown, with what it was measured with."""
        head, *rest = self.rows
        lines = [head, ["---"] * len(head), *rest]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        stamp = f"Run on {time.strftime('%Y-%m-%d')} with {versions(*self.names)}."
        if self.command:
            stamp = f"`{self.command}`, run{stamp[3:]}"
        return "\n\n".join([table, *self.notes, stamp])

    def end(self, document=False, faults=()):
        """Print the table and what is wrong; with `document`, write it into the page."""
        print(f"\n{self.claim}\n\n{self.text()}\n")
        for fault in faults:
            print(f"  WRONG {fault}")
        if document:
            write(self.claim, self.text())


def write(claim, text, page=PAGE):
    """Put `text` between the markers of `claim`."""
    old = page.read_text("utf-8")
    begin, end = f"<!-- {claim}: begin -->", f"<!-- {claim}: end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{page} has no markers for {claim}")
    page.write_text(pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", old), "utf-8")


def program(main):
    """Run `main` and exit by what it returns; servers end with it when it is told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(bool(main()))

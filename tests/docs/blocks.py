"""The code blocks of every page, as a reader would meet them: in order.

A page is Markdown: README.md, CONTRIBUTING.md, SECURITY.md and whatever lies in docs/. What is
done with a block stands in an HTML comment right before it; without one, its language says so.

| comment | language | what is done |
|---|---|---|
| `file: NAME` | any | it is written to the folder of the page |
| `append to: NAME` | any | it is added to a file there |
| `run` | console | `$` lines are run, in one shell for the page; the others are their output |
| `serve` | console, sh | its one command is started, and stopped at the end or where another takes its port |
| `python` (or none) | python | it is run, in the folder of the page |
| `raises: NAME` | python | likewise; it ends with this exception |
| `output` | any | what the block before has printed |
| `policy` (or none) | toml | it is a policy, or a part of one |
| `end of: PATH`, `part of: PATH` | any | it stands so in a file of the repository |
| `install` | sh | the extras that it names exist |
| `make` | console | its targets exist |
| `looked at by: tests/PATH::NAME` | any | that test does it |
| none | json, yaml | it is JSON, or YAML |

`…` in an output stands for anything on its line, or, alone on a line, for any lines. Each
`127.0.0.1:PORT` becomes a free port. Files in tests/docs/given/PAGE are there from the start, and
those of another page that a comment names: `<!-- with the files of: README.md -->`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent.parent
GIVEN = Path(__file__).parent / "given"

#: What is done with a block without a comment.
DEFAULTS = {"python": "python", "toml": "policy", "json": "json", "yaml": "yaml"}

#: Which languages a kind may have; None: any.
KINDS: dict[str, set[str] | None] = {
    "file": None,
    "append to": None,
    "run": {"console"},
    "serve": {"console", "sh"},
    "python": {"python"},
    "raises": {"python"},
    "output": None,
    "policy": {"toml"},
    "end of": None,
    "part of": None,
    "install": {"sh"},
    "make": {"console"},
    "looked at by": None,
    "json": {"json"},
    "yaml": {"yaml"},
}

#: Directives of MyST that are text or made by the build, no code.
DIRECTIVES = re.compile(r"\{[\w:-]+\}.*")


@dataclass(frozen=True)
class Block:
    """A block: its page, its line there, what is done with it and with what."""

    page: str
    line: int
    kind: str
    about: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Every page, by its path from the root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    made = ROOT / "docs" / "_build"
    return sorted(str(p.relative_to(ROOT)) for p in found if made not in p.parents)


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def blocks(page: str) -> list[Block]:
    """The blocks of a page; raises ValueError for one that nobody would run."""
    found: list[Block] = []
    comment = ""
    for token in MarkdownIt("commonmark").parse(read(page)):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block":
            match = re.fullmatch(r"<!-- ([^:]*?)(?:: (.*?))? -->", token.content.strip())
            comment = token.content if match and match[1] in KINDS else ""
        elif token.type == "code_block":
            raise ValueError(f"{page}:{line}: an indented block; nobody knows what it is")
        elif token.type == "fence":
            if not DIRECTIVES.fullmatch(token.info):
                found.append(_block(page, line, comment, token.info, token.content))
            comment = ""
        else:
            comment = ""
    return found


def _block(page: str, line: int, comment: str, language: str, text: str) -> Block:
    if comment:
        kind, _, about = comment.strip()[5:-4].partition(": ")
    else:
        kind, about = DEFAULTS.get(language, ""), ""
    allowed = KINDS.get(kind, set())
    if allowed is not None and language not in allowed:
        raise ValueError(f"{page}:{line}: nothing is known of {kind!r} blocks in {language!r}")
    return Block(page, line, kind, about, language, text)


def block(page: str, part: str) -> str:
    """The text of the one block of a page that has `part` in it."""
    [found] = [each.text for each in blocks(page) if part in each.text]
    return found


def borrowed(page: str) -> list[Block]:
    """The files of other pages that a page begins with."""
    others = re.findall(r"^<!-- with the files of: (.*?) -->$", read(page), re.MULTILINE)
    return [each for other in others for each in blocks(other) if each.kind == "file"]

"""Every code block of every page is followed, in order, from an empty folder."""

import re
import shutil

import pytest

from .blocks import GIVEN, blocks, pages, read
from .session import completed, expect, follow

#: Programs that a page needs besides Python's, and where they come from.
PROGRAMS = {"curl": "curl", "nginx": "nginx-light", "openssl": "openssl"}


def programs(page):
    text = "".join(block.text for block in blocks(page) if block.kind in ("run", "serve"))
    return [name for name in PROGRAMS if f"$ {name}" in text or f"| {name}" in text]


@pytest.mark.parametrize("page", pages())
def test_a_page_is_as_it_says(page, tmp_path):
    for name in programs(page):
        if not shutil.which(name) and not shutil.which(name, path="/usr/sbin"):
            pytest.skip(f"{name} is not installed (apt install {PROGRAMS[name]})")
    follow(page, tmp_path)


def test_what_is_given_is_given_to_a_page():
    assert {path.name for path in GIVEN.iterdir()} <= {
        page.rpartition("/")[2][:-3] for page in pages()
    }


@pytest.mark.parametrize("page", pages())
def test_a_page_begins_with_its_title(page):
    text = read(page)
    assert text.startswith(("# ", "```{include} ../../")), page
    assert "\t" not in text


@pytest.mark.parametrize("page", pages())
def test_a_file_is_named_in_the_text(page):
    """The comment before its block is not seen by everybody."""
    prose = re.sub(r"^```.*?^```$", "", read(page), flags=re.MULTILINE | re.DOTALL)
    for block in blocks(page):
        if block.kind == "file":
            named = rf"`[^`\n]*{re.escape(block.about)}[^`\n]*`"
            assert re.search(named, prose), f"{block}: {block.about}"


@pytest.mark.parametrize(
    ("printed", "wanted", "same"),
    [
        ("a\nb", "a\nb", True),
        ("a\nb\n", "a\n…", True),
        ("a", "a\n…", True),
        ("x\ny\nb", "…\nb", True),
        ("b", "…\nb", True),
        ("a 12 c", "a … c", True),
        ("a 12\n c", "a … c", False),
        ("a\nb", "a", False),
        ("a.b", "a-b", False),
        ("axb", "a.b", False),
        ("", "", True),
        ("oops", "", False),
    ],
)
def test_what_a_page_shows_is_compared(printed, wanted, same):
    try:
        expect("", printed, wanted)
    except AssertionError:
        assert not same
    else:
        assert same


def test_a_part_of_a_policy_is_made_whole():
    assert completed({"routes": [{"match": "GET /"}]})["auth"]["bearer"]
    assert completed({"auth": {"a": {}}})["api"] == {"unlisted": "pass"}
    assert completed({"cors": {}}) == {"cors": {}}

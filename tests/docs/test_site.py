"""The site is built by Sphinx without a warning, and needs nothing from other hosts."""

import re
import subprocess
import sys

import pytest

from .blocks import ROOT

#: What makes a browser fetch something.
FETCHED = re.compile(
    r'<(?:script|img|iframe|link|source|video|audio)\b[^>]*?\b(?:src|href|srcset)="(?:https?:)?//'
    r"|@import\b|url\(\s*['\"]?(?:https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    pytest.importorskip("sphinx", reason='Sphinx is not installed (pip install "statusware[docs]")')
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-b", "html",
         "-d", str(folder / "trees"), "docs", str(folder / "html")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "html"


def test_every_page_is_there(site):
    made = {str(page.relative_to(site).with_suffix("")) for page in site.rglob("*.html")}
    docs = ROOT / "docs"
    written = {str(page.relative_to(docs).with_suffix("")) for page in docs.rglob("*.md")}
    assert written <= made


def test_nothing_is_fetched_from_other_hosts(site):
    for kind in ("*.html", "*.css"):
        for page in site.rglob(kind):
            found = FETCHED.search(page.read_text("utf-8"))
            assert found is None, f"{page.name}: {found[0]}"


def test_what_would_be_fetched_is_seen():
    for text in (
        '<script src="https://cdn.example/x.js">', '<link rel="stylesheet" href="//x/y.css">',
        "@import 'x'", "background: url(http://x)",
    ):  # fmt: skip
        assert FETCHED.search(text)
    assert not FETCHED.search('<a href="https://x">, <script src="_static/x.js">')


def test_commands_and_names_are_in_it(site):
    page = (site / "reference" / "commands.html").read_text("utf-8")
    commands = re.sub(r"<[^>]+>", "", page)
    assert all(text in commands for text in ("statusware keys add", "--policy", "Example: "))
    names = (site / "reference" / "api.html").read_text("utf-8")
    assert all(f'id="statusware.{name}"' in names for name in ("wrap", "Problem", "JSONBody"))


def test_no_comment_of_a_page_and_no_folder_is_told(site):
    for page in site.rglob("*.html"):
        assert str(ROOT) not in page.read_text("utf-8"), page

"""What the README says of commands, extras and pages is so. Its blocks: `test_pages`."""

import re
import subprocess
import sys
import tomllib

from statusware.cli.group import COMMANDS

from .blocks import ROOT, read

README = read("README.md")


def section(title):
    return re.findall(rf"^## {title}\n(.*?)^## ", README, re.MULTILINE | re.DOTALL)[0]


def test_the_command_line_lists_every_command():
    listed = re.findall(r"^\| `statusware (\w+)", section("Command line"), re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)
    done = subprocess.run(
        [sys.executable, "-m", "statusware"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(f"\n  {name} " in done.stdout for name in listed)


def test_the_extras_bring_what_the_readme_says():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for name, brings in re.findall(r"^\| `(\w+)` \| (.*?) \|", section("Extras"), re.MULTILINE):
        found = {word.lower() for line in extras[name] for word in re.findall(r"[\w-]+", line)}
        told = set(re.findall(r"[\w-]+", brings.lower())) - {"cryptography"}
        assert told <= found, name


def test_it_is_short():
    assert len(README.splitlines()) < 320


def test_it_leads_to_the_docs():
    links = set(re.findall(r"\]\(([\w/.-]+)\)", README))
    assert all((ROOT / link).is_file() for link in links)
    assert {"docs/index.md", "docs/tutorial.md"} <= links

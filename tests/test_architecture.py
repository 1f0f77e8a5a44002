"""The house rules that a program can check: imports point one way, frameworks stay outside."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import statusware

PACKAGE = Path(__file__).parent.parent / "statusware"

#: From the ground up; a file imports what stands before its own line, or beside it.
ORDER = (
    "errors", "here", "stamp", "regular", "correlation", "logs", "phrases", "catalog", "encoding", "page",
    "header", "problem", "readings", "request", "body", "rules", "auth", "layers", "openapi", "policy",
    "integrations", "serve", "cli",
)  # fmt: skip

FRAMEWORKS = {"flask", "pyramid", "django", "falcon", "bottle", "gunicorn", "sqlalchemy"}
EXTRAS = {
    "jwt",
    "cryptography",
    "bcrypt",
    "click",
    "rich",
    "jsonschema_rs",
    "orjson",
    "yaml",
    "prometheus_client",
}

FILES = sorted(PACKAGE.rglob("*.py"))


def part(file):
    """The line of ORDER that a file belongs to; None for the package's own two files."""
    first = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return None if first in ("__init__", "__main__") else first


def imports(file):
    """Every module that a file imports, as an absolute name; inside functions too."""
    package = ("statusware", *file.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            yield ".".join((*base, *filter(None, [node.module])))
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def files(*without):
    """Every file of the package but those of the parts that are named."""
    found = [file for file in FILES if part(file) not in without]
    return pytest.mark.parametrize("file", found, ids=lambda f: str(f.relative_to(PACKAGE)))


@files(None)
def test_imports_point_one_way(file):
    mine = part(file)
    for module in imports(file):
        name, *rest = module.split(".")
        if name == "statusware":
            assert rest, f"{file.name} imports the whole package"
            assert ORDER.index(rest[0]) <= ORDER.index(mine), f"{file.name} imports {module}"


@files("integrations", "cli")
def test_frameworks_are_imported_by_integrations_and_commands_alone(file):
    assert FRAMEWORKS.isdisjoint(module.split(".")[0] for module in imports(file))


@files()
def test_options_are_not_checked_by_assert(file):
    assert not [
        n for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.Assert)
    ]


def test_one_place_wraps_start_response():
    """Whoever hands the app another `start_response` than the one it got wraps it."""
    wrapping = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and len(node.args) == 2
                and ast.unparse(node.args[0]) == "environ"
                and ast.unparse(node.args[1]) != "start_response"
                and "start" in ast.unparse(node.args[1])
            ):
                wrapping.add(str(file.relative_to(PACKAGE)))
    # The others, too, hand on the `start` of a class in the one place.
    assert wrapping == {"layers/envelope.py", "layers/lint.py", "integrations/prometheus.py"}


def test_import_brings_no_framework_and_no_extra_along():
    code = "import sys; from statusware import *; "
    code += "print('statusware.policy' in sys.modules, *(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("True ")
    assert (FRAMEWORKS | EXTRAS).isdisjoint(done.stdout.split())


def test_the_package_itself_imports_nothing():
    code = "import sys, statusware; print(*(m for m in sys.modules if m.startswith('statusware')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["statusware"]


def test_every_public_name_has_a_home():
    """For type checkers the names stand in imports, and at run time in a table."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    typed = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
        for alias in node.names
    }
    assert typed == statusware._HOMES
    assert sorted(typed) == sorted(statusware.__all__)
    assert set(statusware.__all__) <= set(dir(statusware))
    with pytest.raises(AttributeError, match="'statusware' has no attribute 'Envelope'"):
        statusware.Envelope  # noqa: B018


#: In a fork each, so that what all of them need is imported once.
ALONE = """
import importlib, os, sys
import werkzeug.exceptions, webob, jsonschema, jwt, click, rich.console
for name in sys.argv[1:]:
    if (child := os.fork()) == 0:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(name, error, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_every_module_can_be_the_first():
    """No module leans on another one having been imported before it."""
    names = [
        ".".join(("statusware", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in FILES
    ]
    names = [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]
    command = [sys.executable, "-c", ALONE, *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""

"""Whatever a user can name has an entry in the reference, and every entry names something."""

import ast
import inspect
import re
import tomllib
from importlib import import_module

import click
import pytest

import statusware
from statusware.auth.schemes import LAYER_OPTIONS, SHIPPED, scheme_class
from statusware.body import BodyOptions
from statusware.catalog import CODES
from statusware.cli import main
from statusware.layers.cors import Cors
from statusware.logs import EVENTS
from statusware.policy.shape import SHAPE
from tests.cli.commands import walk

from .blocks import ROOT, pages, read

PACKAGE = sorted((ROOT / "statusware").rglob("*.py"))


def entries(page):
    """What a page has headings for, as in "### `api.paths`"."""
    return re.findall(r"^### `(.*?)`", read(page), re.MULTILINE)


def listed(page):
    """What stands in the first column of the tables of a page."""
    rows = re.findall(r"^\| (`.*?) \|", read(page), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(.*?)`", row)}


def keys(table, prefix):
    """The keys of a schema, dotted; those that users choose are in capitals."""
    for name, part in table.get("properties", {}).items():
        rows = part.get("items", part)
        own = part.get("additionalProperties")
        if isinstance(own, dict):
            inner = {"properties": {prefix_of(name): own}}
            yield from keys(inner, f"{prefix}{name}.")
        elif "properties" in rows:
            yield from keys(rows, f"{prefix}{name}.")
        elif name != "auth":
            yield f"{prefix}{name}"


def prefix_of(section):
    return {"problems": "CODE"}.get(section, "NAME")


def auth_keys():
    yield from (f"auth.{name}" for name in LAYER_OPTIONS)
    for kind in (*SHIPPED, "NAME"):
        arguments = inspect.signature(scheme_class(kind)).parameters
        yield from (f"auth.{kind}.{name}" for name in arguments)


def test_every_key_of_the_policy_has_an_entry():
    assert sorted(entries("docs/reference/policy.md")) == sorted(keys(SHAPE, ""))


def test_every_key_of_a_scheme_has_an_entry():
    assert sorted(entries("docs/reference/auth.md")) == sorted(auth_keys())


@pytest.mark.parametrize("page", ["policy", "auth"])
def test_every_entry_says_its_default_or_that_it_is_required(page):
    parts = re.split(r"^### `", read(f"docs/reference/{page}.md"), flags=re.MULTILINE)[1:]
    for part in parts:
        text = re.split(r"^## ", part, flags=re.MULTILINE)[0]
        if not text.startswith(("errors.NAME", "auth.bearer.secret", "auth.bearer.public_key")):
            assert re.search(r"Default|[Rr]equired|auth\.bearer\.jwks", text), text


def test_keys_are_found_wherever_they_stand():
    shape = {"properties": {
        "a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}},
        "problems": {"additionalProperties": {"properties": {"e": {}}}}, "f": {},
    }}  # fmt: skip
    assert list(keys(shape, "")) == ["a.b", "c.d", "problems.CODE.e", "f"]


def test_every_code_is_in_the_table_and_the_table_is_that_of_the_command(capsys):
    page = read("docs/reference/codes.md")
    assert set(re.findall(r"^\| \d+ \| `(.*?)` \|", page, re.MULTILINE)) == set(CODES)
    main(["problems", "--format", "md"])
    assert capsys.readouterr().out in page


def test_every_code_of_our_own_is_explained():
    page = read("docs/troubleshooting.md")
    ours = {code for code, row in CODES.items() if not row.fix.startswith("See RFC 9110")}
    assert len(ours) >= 20
    assert {code for code in ours if f"`{code}`" not in page} == set()


#: Keys that are one piece's own and are gone, or of no use, for everybody else.
PRIVATE = re.compile(r"statusware\.(integrations|toml|policy\b|layers)")


def environ_keys():
    """The keys that the package has in its code, as `environ["statusware.x"]` or by a constant."""
    for path in PACKAGE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            value = getattr(node, "value", None) if isinstance(node, ast.Constant) else None
            if isinstance(value, str) and re.fullmatch(r"statusware\.[a-z_]+", value):
                yield value


def loggers():
    """The loggers of the package: those it names, and those of its table of events."""
    yield from {event.logger for event in EVENTS}
    for path in PACKAGE:
        yield from re.findall(r'getLogger\("([\w.]+)"\)', path.read_text("utf-8"))


def test_every_environ_key_is_documented():
    found = {name for name in environ_keys() if not PRIVATE.match(name)} - set(loggers())
    assert found
    assert found <= listed("docs/reference/environ.md")


def test_every_documented_environ_key_is_one():
    ours = {name for name in listed("docs/reference/environ.md") if name.startswith("statusware.")}
    assert ours <= set(environ_keys())


def test_every_logger_is_documented():
    page = read("docs/observability.md")
    assert {name for name in loggers() if f"| `{name}` |" not in page} == {"statusware"}


def variables():
    """The environment variables that the package reads."""
    for path in PACKAGE:
        yield from re.findall(r'"(STATUSWARE_[A-Z_]+)"', path.read_text("utf-8"))


def test_every_variable_is_documented():
    found = {name for name in variables() if not name.endswith("_")}
    assert found <= listed("docs/reference/environ.md")


def documented():
    """What the directives of the reference name."""
    for page in pages():
        module = "statusware"
        for directive, name in re.findall(r"^\.\. ([\w:]+):: (\S+)", read(page), re.MULTILINE):
            if directive == "currentmodule":
                module = name
            elif directive.startswith(("auto", "py:")):
                yield module, name


def test_every_public_name_is_documented():
    names = [name for module, name in documented() if module == "statusware"]
    assert sorted(names) == sorted(statusware.__all__)


@pytest.mark.parametrize("module", ["flask", "pyramid", "paste", "gunicorn"])
def test_every_name_of_an_integration_is_documented(module):
    whole = f"statusware.integrations.{module}"
    names = {name for at, name in documented() if at == whole}
    assert names == set(import_module(whole).__all__) - {"translate_exceptions"}


#: Made by others than users: by gunicorn, by pytest; a proxy, and a protocol.
MADE = {"Worker", "SyncWorker", "ThreadWorker", "status_client", "current_identity", "Scheme"}


@pytest.mark.parametrize(
    ("module", "name"), sorted(each for each in set(documented()) if each[1] not in MADE)
)
def test_a_docstring_says_enough(module, name):
    """Each parameter has its word, as have the errors of what takes options."""
    found = getattr(import_module(module), name)
    text = inspect.getdoc(found) or ""
    assert "." in text
    for parameter in inspect.signature(found).parameters:
        assert re.search(rf"\b{parameter}\b", text), f"nothing about {parameter}"
    if "**options" in str(inspect.signature(found)) or name in statusware.__all__:
        assert re.search(r"Error\b", text), "nothing about what is raised"


def test_the_page_of_commands_is_made_from_the_commands():
    assert ".. click:: statusware.cli.group:commands" in read("docs/reference/commands.md")
    assert ":nested: full" in read("docs/reference/commands.md")


@pytest.mark.parametrize(
    ("path", "command"),
    [each for each in walk() if each[0]],
    ids=lambda v: " ".join(v) if isinstance(v, tuple) else "",
)
def test_every_command_says_what_it_does(path, command):
    assert command.help
    assert len(path) > 1 or re.search("Example: .*statusware ", command.epilog or "")
    for option in command.params:
        assert isinstance(option, click.Argument) or option.help, f"{path}: {option.name}"


def defaults():
    """Options whose default the code says plainly: entry, page, default."""
    for kind in (*SHIPPED, "NAME"):
        for name, parameter in inspect.signature(scheme_class(kind)).parameters.items():
            yield f"auth.{kind}.{name}", "auth", parameter.default
    for name, field in BodyOptions.__dataclass_fields__.items():
        yield f"body.{name}", "policy", field.default
    for name, parameter in inspect.signature(Cors).parameters.items():
        yield f"cors.{name}", "policy", parameter.default
    for name in ("format", "types", "keep", "html"):
        default = inspect.signature(statusware.ErrorEnvelope).parameters[name].default
        yield f"envelope.{name}", "policy", default


PLAIN = [row for row in defaults() if row[2] not in ("", None, ()) and row[0] != "body.limit"]


@pytest.mark.parametrize(
    ("entry", "page", "default"),
    [row for row in PLAIN if row[2] is not inspect.Parameter.empty and row[0] != "auth.NAME.name"],
)
def test_the_default_that_is_told_is_that_of_the_code(entry, page, default):
    text = re.split(
        rf"^### `{re.escape(entry)}`", read(f"docs/reference/{page}.md"), flags=re.MULTILINE
    )[1]
    told = " ".join(re.split(r"^##", text, flags=re.MULTILINE)[0].partition("Default:")[2].split())
    if isinstance(default, bool):
        assert told.startswith(f"`{str(default).lower()}`"), told
    elif isinstance(default, tuple):
        assert re.findall(r"`([\w-]+)`", told) == list(default)
    elif isinstance(default, str):
        assert told.startswith(f'`"{default}"`'), told
    else:
        assert re.match(rf"{default}\b", told), told


def test_every_extra_is_documented():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert listed("docs/reference/extras.md") == set(project["optional-dependencies"])

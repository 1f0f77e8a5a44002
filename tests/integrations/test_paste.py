"""PasteDeploy: the filter in INI files, and what is wrong with them."""

import sys

import pytest
from paste.deploy import loadapp
from werkzeug.test import Client

from statusware import PolicyError
from statusware.integrations.paste import filter_app_factory, filter_factory

from .tools import installed

POLICY = '[[routes]]\nmatch = "GET /recipes"\nallow = "everyone"\n'

APP = """
[app:app]
paste.app_factory = pasteshop:make
"""
SECTIONS = {
    "filter": "[pipeline:main]\npipeline = statusware app\n"
    "[filter:statusware]\nuse = egg:statusware",
    "filter-with": "[composite:main]\nuse = call:pasteshop:through\nfilter-with = statusware\n"
    "[filter:statusware]\nuse = egg:statusware",
    "filter-app": "[filter-app:main]\nuse = egg:statusware\nnext = app",
    "named": "[filter-app:main]\nuse = egg:statusware#main\nnext = app",
    "called": "[filter-app:main]\n"
    "paste.filter_app_factory = statusware.integrations.paste:filter_app_factory\nnext = app",
}
MODULE = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"recipes"]

def make(global_conf, **options):
    return app

def through(loader, global_conf):
    return app
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads an INI file out of a folder that is not the working directory."""
    (tmp_path / "pasteshop.py").write_text(MODULE)
    (tmp_path / "statusware.toml").write_text(POLICY)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(installed(tmp_path / "site")))

    def load(section):
        (tmp_path / "shop.ini").write_text(f"{section}\n{APP}")
        return Client(loadapp(f"config:{tmp_path / 'shop.ini'}"))

    yield load
    sys.modules.pop("pasteshop", None)


@pytest.mark.parametrize("section", SECTIONS.values(), ids=SECTIONS)
def test_with_a_policy(load, section):
    client = load(f"{section}\npolicy = statusware.toml")
    assert client.get("/recipes").text == "recipes"
    assert client.get("/nowhere").json["code"] == "not-found"


def test_a_policy_elsewhere(load, tmp_path):
    client = load(f"{SECTIONS['filter-app']}\npolicy = %(here)s/../{tmp_path.name}/statusware.toml")
    assert client.get("/nowhere").json["code"] == "not-found"


def test_without_a_policy_there_is_the_envelope_alone(load):
    assert load(SECTIONS["filter"]).get("/nowhere").text == "recipes"


@pytest.mark.parametrize(
    "factory", [filter_factory, lambda *a, **o: filter_app_factory(None, *a, **o)]
)
@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"polcy": "x.toml"}, 'polcy: is unknown; did you mean "policy"?'),
        ({"policy": ""}, "policy: is empty"),
        ({"policy": "no/such.toml"}, "no/such.toml: cannot be read"),
    ],
)
def test_a_wrong_option_stops_the_start(factory, options, told):
    with pytest.raises(PolicyError) as caught:
        factory({}, **options)
    assert told in str(caught.value)


def test_there_need_be_no_global_configuration():
    assert callable(filter_factory(None))

"""`[api] reload`: a changed policy is taken over whole, a broken one is not."""

import logging
import threading
import tomllib

import pytest
from flask import Flask
from werkzeug.test import Client

from statusware import PolicyError, Problem, wrap
from statusware.integrations.flask import Statusware
from statusware.integrations.gunicorn import _renderer
from statusware.policy import model
from statusware.policy import reload as reloading

TOML = """
[api]
reload = true

[[routes]]
match = "GET /{name}"
allow = ["everyone"]
"""


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"served"]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """The time, in seconds, as the module sees it."""
    now = [1000.0]
    monkeypatch.setattr(reloading.time, "monotonic", lambda: now[0])
    monkeypatch.delenv("STATUSWARE_RELOAD", raising=False)
    return now


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "statusware.toml"
    file.write_text(TOML.format(name="old"))
    return file


def test_a_changed_policy_is_in_force_within_a_second(file, clock, caplog):
    caplog.set_level(logging.INFO, "statusware.policy")
    client = Client(wrap(app, file))
    assert (client.get("/old").status_code, client.get("/new").status_code) == (200, 404)
    file.write_text(TOML.format(name="new-one"))
    assert client.get("/old").status_code == 200, "it is looked for now and then, not always"
    clock[0] += 1
    assert client.get("/old").status_code == 404
    assert client.get("/new-one").status_code == 200
    assert "has changed and is in force" in caplog.text


def test_a_server_that_asks_how_errors_look_is_told_what_is_in_force(file, clock):
    wrapped = wrap(app, file)
    flask = Flask("shop")
    Statusware(flask, file)
    for each, ask in ((wrapped, Client(wrapped)), (flask, flask.test_client())):
        file.write_text(TOML.format(name="old"))
        clock[0] += 1
        ask.get("/old")
        assert _renderer(each)(Problem(400), {})[0] == "application/problem+json"
        file.write_text('envelope = {format = "simple"}\n' + TOML.format(name="old"))
        clock[0] += 1
        ask.get("/old")
        assert _renderer(each)(Problem(400), {})[0] == "application/json"


@pytest.mark.parametrize(
    "broken",
    [
        "[[routes",
        "[[routes]]\nmatch = 1",
        "[[routes]]\nmatch='GET /'",
        None,
        # What a full disk leaves.
        "",
        "[api]\nreload = true\n",
    ],
)
def test_a_broken_policy_is_logged_once_and_the_old_one_goes_on(file, clock, caplog, broken):
    client = Client(wrap(app, file))
    client.get("/old")
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)
    for _ in range(3):
        clock[0] += 1
        assert client.get("/old").status_code == 200
    [record] = [r for r in caplog.records if r.levelno == logging.ERROR]
    assert record.getMessage().endswith("the policy from before goes on")
    assert str(file) in record.getMessage()
    file.write_text(TOML.format(name="mended"))
    clock[0] += 1
    assert client.get("/mended").status_code == 200


def test_a_file_replaced_while_it_is_read_is_taken_over(file, clock, monkeypatch):
    """At the start, and at a reload: what was read is not what the file says by then."""
    following = iter(["second", "third"])
    loads = tomllib.loads

    def replacing(text):
        for name in following:
            file.write_text(TOML.format(name=name))
            break
        return loads(text)

    monkeypatch.setattr(model.tomllib, "loads", replacing)
    client = Client(wrap(app, file))
    assert client.get("/second").status_code == 200, "the first request looks"
    clock[0] += 1
    assert client.get("/third").status_code == 200


def test_a_schema_that_changed_is_taken_over(file, clock, tmp_path):
    (tmp_path / "soup.json").write_text('{"type": "object"}')
    file.write_text(
        TOML.format(name="x") + '[[routes]]\nmatch="POST /x"\nbody="soup.json"\nallow="everyone"\n'
    )
    client = Client(wrap(app, file))
    assert client.post("/x", json={}).status_code == 200
    (tmp_path / "soup.json").write_text('{"type": "array"}')
    clock[0] += 1
    assert client.post("/x", json={}).status_code == 400


def test_a_file_that_a_schema_refers_to_is_looked_at_too(file, clock, tmp_path):
    (tmp_path / "soup.json").write_text('{"properties": {"name": {"$ref": "name.json"}}}')
    (tmp_path / "name.json").write_text('{"type": "string"}')
    file.write_text(
        TOML.format(name="x") + '[[routes]]\nmatch="POST /x"\nbody="soup.json"\nallow="everyone"\n'
    )
    client = Client(wrap(app, file))
    assert client.post("/x", json={"name": "Soup"}).status_code == 200
    (tmp_path / "name.json").write_text('{"type": "integer"}')
    clock[0] += 1
    assert client.post("/x", json={"name": "Soup"}).status_code == 400


def test_a_policy_that_comes_before_its_schema_is_taken_over_with_it(file, clock, tmp_path, caplog):
    """Whoever copies files does not do it in the order of what refers to what."""
    caplog.set_level(logging.INFO, "statusware.policy")
    client = Client(wrap(app, file))
    client.get("/old")
    route = '[[routes]]\nmatch="POST /new"\nbody="soup.json"\nallow="everyone"\n'
    file.write_text(TOML.format(name="x") + route)
    for _ in range(20):
        clock[0] += 1
        assert client.post("/new", json=[]).status_code == 404
    (tmp_path / "soup.json").write_text('{"$ref": "name.json"}')
    for _ in range(6):
        clock[0] += 1
        assert client.post("/new", json=[]).status_code == 404
    (tmp_path / "name.json").write_text('{"type": "array"}')
    clock[0] += 6
    assert client.post("/new", json=[]).status_code == 200
    told = [record.getMessage().rpartition(": ")[2] for record in caplog.records]
    assert len(told) == 3, "each reason once"
    clock[0] += 1000
    client.get("/x")
    assert len(caplog.records) == 3, "what is in force is not read again"


def test_the_same_fault_in_a_file_that_changed_is_told_again(file, clock, caplog):
    client = Client(wrap(app, file))
    for text in ("[[routes", "[[routes#"):
        file.write_text(text)
        for _ in range(12):
            clock[0] += 1
            client.get("/old")
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 2


def test_without_it_nothing_changes(file, clock):
    file.write_text(TOML.format(name="old").replace("true", "false"))
    client = Client(wrap(app, file))
    file.write_text(TOML.format(name="new"))
    clock[0] += 10
    assert client.get("/old").status_code == 200


def test_the_environment_can_ask_for_it(file, clock, monkeypatch):
    monkeypatch.setenv("STATUSWARE_RELOAD", "1")
    plain = TOML.replace("reload = true", "")
    file.write_text(plain.format(name="old"))
    client = Client(wrap(app, file))
    file.write_text(plain.format(name="new-one"))
    clock[0] += 1
    assert client.get("/new-one").status_code == 200
    assert wrap(app, {"routes": []}), "a policy without a file has nothing to reload"


def test_a_dict_cannot_be_reloaded():
    with pytest.raises(PolicyError, match=r"^api\.reload: needs a policy file"):
        wrap(app, {"api": {"reload": True}})


def test_no_request_waits_for_another_that_reads(file, clock, monkeypatch):
    wrapped = wrap(app, file)
    Client(wrapped).get("/old")
    file.write_text(TOML.format(name="new-one"))
    clock[0] += 1
    reading, go_on = threading.Event(), threading.Event()
    load = reloading.Policy.load

    def slowly(path):
        reading.set()
        go_on.wait(10)
        return load(path)

    monkeypatch.setattr(reloading.Policy, "load", slowly)
    thread = threading.Thread(target=lambda: Client(wrapped).get("/old"))
    thread.start()
    assert reading.wait(10)
    assert Client(wrapped).get("/old").status_code == 200
    go_on.set()
    thread.join(10)
    assert Client(wrapped).get("/new-one").status_code == 200

"""The trace of live requests at DEBUG: every layer, why, and nothing that was not decided."""

import logging
import time

import jwt
from werkzeug.test import Client

from statusware import wrap

SECRET = "0" * 32
POLICY = {
    "auth": {"bearer": {"secret": SECRET}},
    "routes": [
        {"match": "GET /soups/{id:int}", "allow": "everyone"},
        {"match": "POST /soups", "allow": ["role:cook"], "body": {"required": ["name"]}},
    ],
}


def app(environ, start_response):
    start_response("200 OK", [])
    return [b"ok"]


def lines(caplog, method, path, **more):
    caplog.clear()
    with caplog.at_level(logging.DEBUG, "statusware.trace"):
        answer = Client(wrap(app, POLICY)).open(path, method=method, **more)
    told = [r.getMessage() for r in caplog.records if r.name == "statusware.trace"]
    assert all("trace" not in part for part in answer.headers)
    return answer, [line.partition("] ")[2] for line in told]


def bearer(*roles):
    claims = {"sub": "ann", "roles": list(roles), "exp": int(time.time()) + 86_400}
    return {"Authorization": f"Bearer {jwt.encode(claims, SECRET)}"}


def test_each_layer_tells_what_it_decided_and_why(caplog):
    answer, told = lines(caplog, "POST", "/soups", json={}, headers=bearer("cook"))
    assert answer.status_code == 400
    assert [line.split(": ")[:2] for line in told] == [
        ["Routing", "pass"],
        ["Authentication", "pass"],
        ["AccessControl", "pass"],
        ["JSONBody", "refuse"],
    ]
    assert 'route "POST /soups"' in told[0]
    assert 'allow "role:cook": yes' in told[2]
    assert "400 invalid-body" in told[3]


def test_it_stops_where_a_layer_refuses(caplog):
    answer, told = lines(caplog, "DELETE", "/soups")
    assert answer.status_code == 405
    assert [line.split(": ")[:2] for line in told] == [["Routing", "refuse"]]


def test_line_breaks_in_claims_stay_out(caplog):
    _, told = lines(caplog, "POST", "/soups", json={}, headers=bearer("cook\r\nforged: line"))
    assert not [line for line in told if "\n" in line or "\r" in line]


def test_without_debug_nothing_is_told(caplog):
    Client(wrap(app, POLICY)).get("/soups/1")
    assert not [r for r in caplog.records if r.name == "statusware.trace"]


def test_a_policy_file_that_is_gone_does_not_matter(caplog, tmp_path):
    file = tmp_path / "statusware.toml"
    file.write_text('\n[[routes]]\nmatch = "GET /soups"\nallow = "everyone"\n', "utf-8")
    wrapped = wrap(app, file)
    file.unlink()
    with caplog.at_level(logging.DEBUG, "statusware.trace"):
        assert Client(wrapped).get("/soups").status_code == 200
    assert f'route "GET /soups", {file}:2' in caplog.text

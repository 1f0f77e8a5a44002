"""A WebSocket (flask-sock) under gthread works through all layers, and is refused by them."""

import json

import pytest

from tests.layers.live import Server

pytest.importorskip("gunicorn")
pytest.importorskip("flask_sock")
simple_websocket = pytest.importorskip("simple_websocket")

WORKERS = ["gthread", "statusware.integrations.gunicorn.ThreadWorker"]


@pytest.fixture(scope="module", params=WORKERS)
def server(request):
    server = Server("tests.integrations.websocket:app", "-k", request.param, "--threads", "4")
    yield server
    server.stop()


def test_messages_go_both_ways(server):
    client = simple_websocket.Client.connect(f"ws://127.0.0.1:{server.port}/echo")
    for word in ("soup", "stew"):
        client.send(word)
        assert client.receive(timeout=60) == word.upper()
    client.close()
    assert server.get("/environ")[0] == "HTTP/1.1 200 OK"
    assert not [line for line in server.log if "Traceback" in line]


@pytest.mark.parametrize(("path", "status"), [("/nope", 404), ("/closed", 401)])
def test_the_layers_refuse_it_in_the_envelope(server, path, status):
    line, headers, body = server.send(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "\r\n".encode()
    )
    assert line.split()[1] == str(status)
    assert json.loads(body)["status"] == status
    assert headers["Content-Type"] == "application/problem+json"

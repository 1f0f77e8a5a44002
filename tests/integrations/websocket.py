"""A Flask app with a WebSocket, behind all layers; importable by a server."""

import json

from flask import Flask
from flask_sock import Sock

from statusware import wrap

bare = Flask("chat")
sock = Sock(bare)


@sock.route("/echo")
def echo(ws):
    while True:
        ws.send(ws.receive().upper())


@bare.get("/environ")
def environ():
    return json.dumps("fine")


POLICY = {
    "auth": {"bearer": {"secret": "0123456789abcdef0123456789abcdef"}},
    "routes": [
        {"match": ["GET /echo", "GET /environ"], "allow": ["everyone"]},
        {"match": "GET /closed", "allow": ["role:admin"]},
    ],
}
app = wrap(bare, POLICY)

"""The floor: the Flask app alone, without any check."""

import job

VENV = "core"


def build(body=lambda request: request.get_json()):
    """The app that the others put their checks around. `body(request)` gives the view its body."""
    from flask import Flask, abort, jsonify, request

    app = Flask("bare")

    @app.post("/recipes")
    def create():
        return jsonify(job.created(body(request))), 201, {"Location": job.LOCATION}

    @app.get("/recipes/<int:rid>")
    def read(rid):
        found = job.get_recipe(rid)
        if found is None:
            abort(404)
        return jsonify(found)

    @app.get("/me")
    def me():
        return jsonify(sub="user-1")

    return app

"""A small shop of recipes, in Flask over SQLite: `bare` as it is, `wrapped` behind a policy."""

import json
import sqlite3

from flask import Flask, request

from statusware import wrap
from tests.auth.forge import SECRET

__all__ = ["POLICY", "bare", "wrapped"]

RECIPE = {
    "type": "object",
    "required": ["name", "ingredients"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 80},
        "servings": {"type": "integer", "minimum": 1},
        "ingredients": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "amount"],
                "properties": {
                    "name": {"type": "string"},
                    "amount": {"type": "number", "exclusiveMinimum": 0},
                },
            },
        },
    },
}
POLICY = {
    "auth": {"bearer": {"secret": SECRET, "audience": "shop"}},
    "body": {"max_bytes": "16KiB"},
    "routes": [
        {"match": ["GET /recipes", "GET /recipes/{id:int}"], "allow": "everyone"},
        {"match": "POST /recipes", "allow": "role:editor", "body": RECIPE},
        {"match": "DELETE /recipes/{id:int}", "allow": "role:admin"},
        {"match": "GET /admin", "allow": "role:admin", "hide": True},
    ],
}


def create():
    """The app; its database is in the memory of each worker."""
    app = Flask("shop")
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE recipes (id INTEGER PRIMARY KEY, data TEXT)")
    made = {
        "name": "Soup",
        "ingredients": [{"name": f"part {n}", "amount": n} for n in range(1, 6)],
    }
    rows = [(n, json.dumps({"id": n, **made})) for n in range(1, 201)]
    database.executemany("INSERT INTO recipes VALUES (?, ?)", rows)

    @app.get("/recipes")
    def recipes():
        found = database.execute("SELECT data FROM recipes ORDER BY id LIMIT 20")
        return {"recipes": [json.loads(data) for (data,) in found]}

    @app.get("/recipes/<int:at>")
    def recipe(at):
        found = database.execute("SELECT data FROM recipes WHERE id = ?", (at,)).fetchone()
        return json.loads(found[0]) if found else ("no such recipe", 404)

    @app.post("/recipes")
    def create_recipe():
        data = json.dumps(request.get_json())
        database.execute("REPLACE INTO recipes VALUES (200, ?)", (data,))
        return {"id": 200}, 201

    @app.get("/admin")
    def admin():
        raise ValueError("s3cret")

    @app.after_request
    def tell(response):
        response.headers["X-Request-ID"] = request.headers.get("X-Request-ID", "")
        return response

    return app


bare = create()
wrapped = wrap(create(), POLICY)

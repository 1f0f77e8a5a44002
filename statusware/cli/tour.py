"""The tour of the example: what is sent, and what the contract says comes back.

`STEPS` is the table, in its order on an empty database; `judge` compares an answer with
its row. Nothing here sends anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .exchange import Answer

__all__ = ["STEPS", "Step", "judge"]

SOUP = {
    "name": "Leek soup",
    "servings": 4,
    "ingredients": [
        {"name": "leek", "amount": 3, "unit": "piece"},
        {"name": "stock", "amount": 1000, "unit": "ml"},
    ],
}
NO_SERVINGS = {name: value for name, value in SOUP.items() if name != "servings"}
BREAD = {"name": "bread", "amount": 2, "unit": "piece"}
TOAST = {"name": "Toast", "ingredients": [BREAD]}
TWO_ERRORS = {"name": "Toast", "servings": 0, "ingredients": [{**BREAD, "amount": -1}]}
JSON = "application/json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Step:
    """One request and what has to come back.

    `who` names the credentials (a key of `tokens.TOKENS`), `body` is sent as JSON, bytes as
    they are. Of the answer: `status`; `code` of the problem, if it is one; `headers`, a regular
    expression for each field; `members` of the JSON body; `pointers`, where `errors` are;
    `hides`, what must not stand anywhere in the body.
    """

    title: str
    request: str
    status: int
    code: str = ""
    who: str = ""
    body: Any = None
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)
    pointers: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()

    def payload(self) -> bytes | None:
        """The body as it is sent."""
        if self.body is None or isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body).encode()


STEPS = (
    Step("Anyone may read", "GET /recipes", 200, members={"recipes": []}),
    Step(
        "An editor creates a recipe", "POST /recipes", 201, who="editor", body=SOUP,
        headers={"Location": "/recipes/1$"}, members={"id": 1, "author": "eve", **SOUP},
    ),
    Step("It is where Location said", "GET /recipes/1", 200, members={"id": 1, **SOUP}),
    Step(
        "She changes a part of it", "PATCH /recipes/1", 200, who="editor", body={"servings": 6},
        members={**SOUP, "servings": 6},
    ),
    Step(
        "She replaces it", "PUT /recipes/1", 200, who="editor", body=NO_SERVINGS,
        members={**SOUP, "servings": None},
    ),
    Step(
        "A body that is not JSON", "POST /recipes", 400, "malformed-json", who="editor",
        body=b'{"name": "Toast", }',
    ),
    Step(
        "A body that breaks the schema, twice", "POST /recipes", 400, "invalid-body",
        who="editor", body=TWO_ERRORS, pointers=("/servings", "/ingredients/0/amount"),
        hides=("bread",),
    ),
    Step(
        "No credentials", "POST /recipes", 401, "missing-credentials", body=TOAST,
        headers={"WWW-Authenticate": "^Bearer(?!.*error)"},
    ),
    Step(
        "A token that somebody else signed", "POST /recipes", 401, "invalid-credentials",
        who="forger", body=TOAST, headers={"WWW-Authenticate": '^Bearer .*error="invalid_token"'},
    ),
    Step(
        "A token that has expired", "POST /recipes", 401, "expired-credentials", who="late",
        body=TOAST, headers={"WWW-Authenticate": '^Bearer .*error="invalid_token"'},
    ),
    Step("The wrong role", "DELETE /recipes/1", 403, "forbidden", who="editor"),
    Step("An unknown path", "GET /reciepes", 404, "not-found"),
    Step("No such record: RecipeNotFound in the app", "GET /recipes/99", 404, "not-found"),
    Step(
        "abort(404) in the app, HTML by nature", "GET /users/nobody", 404, "not-found",
        hides=("<html", "<!doctype"),
    ),
    Step(
        "A method that is not listed", "PUT /recipes", 405, "method-not-allowed", who="editor",
        body=TOAST, headers={"Allow": "^GET, HEAD, POST, OPTIONS$"},
    ),
    Step(
        "A name that is taken: NameTaken in the app", "POST /recipes", 409, "conflict",
        who="editor", body={**TOAST, "name": SOUP["name"]},
    ),
    Step(
        "A body over the limit of its route", "PATCH /recipes/1", 413, "body-too-large",
        who="editor", body={"name": "soup" * 500}, hides=("soupsoup",),
    ),
    Step(
        "JSON that calls itself text", "POST /recipes", 415, "unsupported-media-type",
        who="editor", body=TOAST, content_type="text/plain", headers={"Accept": "application/json"},
    ),
    Step(
        "A bug in the app", "GET /recipes/1/per-serving", 500, "internal-error",
        hides=("TypeError", "NoneType", "Traceback"),
    ),
    Step("An admin deletes the recipe", "DELETE /recipes/1", 204, who="admin"),
)  # fmt: skip


def judge(step: Step, answer: Answer) -> list[str]:
    """What is wrong with the answer, in words; empty if it is as the contract says."""
    return [*_status_and_headers(step, answer), *_body(step, answer)]


def _status_and_headers(step: Step, answer: Answer) -> Iterator[str]:
    if answer.status != step.status:
        yield f"the status is not {step.status}"
    wanted = {"Content-Type": f"^{JSON}"} if step.status != 204 else {}
    if step.code:
        wanted = {
            "Content-Type": f"^{re.escape(PROBLEM)}$",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Request-ID": ".",
        }
    for name, pattern in {**wanted, **step.headers}.items():
        if not re.search(pattern, answer.headers.get(name.lower(), "")):
            yield f"{name} does not match {pattern}"


def _body(step: Step, answer: Answer) -> Iterator[str]:
    text = answer.body.decode("utf-8", "replace")
    yield from (f"the body says {word}" for word in step.hides if word.lower() in text.lower())
    if step.status == 204:
        if answer.body:
            yield "a 204 has no body"
        return
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        yield "the body is not a JSON object"
        return
    for name, value in {**_problem(step, answer), **step.members}.items():
        if found.get(name) != value:
            yield f"{name} is not {json.dumps(value)}"
    pointers = tuple(error.get("pointer") for error in found.get("errors", ()))
    if pointers != step.pointers:
        yield f"errors are at {pointers}, not at {step.pointers}"


def _problem(step: Step, answer: Answer) -> dict[str, Any]:
    """The members that every problem has (RFC 9457 section 3)."""
    if not step.code:
        return {}
    return {
        "type": "about:blank",
        "status": step.status,
        "code": step.code,
        "request_id": answer.headers.get("x-request-id"),
    }

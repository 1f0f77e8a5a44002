"""What the project promises of its speed, and how each promise is measured.

`PAIRS` are ratios of two cases, `Row.of` reads the ratio of a row out of all that was
measured. A row whose contestant does not exist yet has no value.
"""

from typing import NamedTuple

#: Contestant, case, and the case of the bare app inside it that it is compared with.
PAIRS = (
    ("statusware_flask", "b", "b"),
    ("statusware_flask_as_is", "b", "b"),
    ("closures", "b", "b"),
    ("closures", "a", "a"),
    ("statusware_fast", "b", "b"),
    ("statusware_fast", "k", "b"),
    ("statusware_fast", "e", "b"),
    ("statusware_fast", "h", "b"),
    ("statusware_fast", "g", "b"),
    ("statusware_fast", "f", "b"),
    ("statusware_fast", "d", "b"),
    ("statusware_fast", "c", "b"),
    ("statusware_fast", "a", "a"),
    ("statusware_fast", "i", "i"),
)

#: The like between contestants of different virtualenvs: contestant, other one, case.
DUELS = (
    ("statusware_default", "flask_hand", "b"),
    ("flask_hand", "statusware_flask", "b"),
    ("connexion2", "statusware_flask", "b"),
    ("flask_smorest", "statusware_flask", "b"),
    ("openapi_core", "statusware_flask", "b"),
)


class Row(NamedTuple):
    """One promise. `at_least` turns the comparison round."""

    what: str
    #: None where nothing is promised, and the value stands for comparison.
    limit: float | None
    key: str
    unit: str = ""
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether the promise is kept."""
        if self.limit is None:
            return True
        return value >= self.limit if self.at_least else value <= self.limit


def _faster(other: str, limit: float, name: str) -> Row:
    key = f"{other}/statusware_flask b"
    return Row(f"fast, the same POST: {name} over it", limit, key, at_least=True)


ROWS = (
    Row("fast: POST 201, token seen before, parsed body taken over", 0.92, "statusware_flask b/b"),
    Row("  the same, its view calling get_json()", None, "statusware_flask_as_is b/b"),
    Row("  four functions without the contract, body taken over", None, "closures b/b"),
    Row("fast: the same with plain wrap, the app parsing again", 1.18, "statusware_fast b/b"),
    Row("fast: the same, token never seen before", 1.60, "statusware_fast k/b"),
    Row("default: POST 201, over hand-written Flask", 0.72, "statusware_default/flask_hand b"),
    Row("401 no token", 0.05, "statusware_fast e/b"),
    Row("404 unknown path", 0.05, "statusware_fast h/b"),
    Row("403 wrong role", 0.06, "statusware_fast g/b"),
    Row("401 expired token", 0.15, "statusware_fast f/b"),
    Row("400 malformed", 0.12, "statusware_fast d/b"),
    Row("400 two violations", 0.25, "statusware_fast c/b"),
    Row("public GET, over the bare app's", 1.04, "statusware_fast a/a"),
    Row("  four functions without the contract", None, "closures a/a"),
    Row("HTML 404 of the app, over the bare app's", 1.08, "statusware_fast i/i"),
    Row("public GET, plain WSGI: time added, over a no-op middleware's", 8, "plain"),
    Row("time added with 10,000 routes, over that with 10", 1.2, "routes"),
    _faster("flask_hand", 5, "hand-written Flask"),
    _faster("connexion2", 6.5, "connexion 2"),
    _faster("flask_smorest", 6.5, "flask-smorest"),
    _faster("openapi_core", 70, "openapi-core"),
    Row("streaming 1 GB, over the bare app", 1.02, "stream"),
    Row("the same: memory added", 1, "stream memory", " MB"),
    Row("import and wrap, 100 routes", 60, "start", " ms"),
    Row("the same: frameworks and unused dependencies imported", 0, "imported"),
    Row("memory of 1,000 routes and 100 schemas", 15, "memory", " MB"),
)

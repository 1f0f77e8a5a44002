"""Policies as hypothesis makes them up: every feature that a document speaks of."""

from hypothesis import strategies as st

SECRET = "0123456789abcdef0123456789abcdef"


def nobody(environ):
    """A verifier: nobody is known."""


def never(identity, variables, environ):
    """A predicate."""
    return False


def rendered(problem, environ):
    """A renderer."""
    return "text/plain", b"no"


SEGMENTS = ["a", "b", "größe", "a b", "50%", "x~y", "{x}", "{y}", "{x:int}", "{y:uuid}", "{z:int}"]
SCHEMAS = [
    {},
    True,
    {"type": "object", "required": ["name"], "properties": {"name": {"type": ["string", "null"]}}},
    {"title": "A node", "properties": {"next": {"$ref": "#"}, "n": {"exclusiveMinimum": 0}}},
    {"$defs": {"x": {"const": 1}}, "prefixItems": [{"$ref": "#/$defs/x"}], "if": {"minItems": 2}},
    {"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 5, "exclusiveMaximum": True},
]
ALLOW = [
    ["everyone"],
    ["authenticated"],
    ["role:editor", "role:admin"],
    ["role:editor & scope:recipes:write", "scope:admin"],
    ["everyone & role:x"],
    "user:ann",
]
SCHEMES = {
    "bearer": {"secret": SECRET, "scheme": ["Bearer", "Token"], "check": f"{__name__}:nobody"},
    "api_key": {"keys": [], "header": "X-Api-KEY"},
    "proxy": {"peers": ["127.0.0.1"]},
    "remote_user": {},
    "session": {"verify": f"{__name__}:nobody", "ambient": True},
    "signed!": {"verify": f"{__name__}:nobody", "header": "X-Signature"},
}


@st.composite
def matches(draw):
    """`METHODS /path`."""
    methods = draw(
        st.lists(
            st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "LOCK"]),
            min_size=1, max_size=3, unique=True,
        )
    )  # fmt: skip
    path = "/" + "/".join(draw(st.lists(st.sampled_from(SEGMENTS), max_size=3)))
    path += draw(st.sampled_from(["", "", "/"])) if path != "/" else ""
    rest = draw(st.sampled_from(["", "", "/{rest:path}"])) if not path.endswith("/") else ""
    return f"{draw(st.sampled_from(['*', ','.join(methods)]))} {path}{rest}"


def routes():
    return st.lists(
        st.fixed_dictionaries(
            {"match": st.one_of(matches(), st.lists(matches(), min_size=1, max_size=2))},
            optional={
                "name": st.sampled_from(["create recipe", "read"]),
                "allow": st.sampled_from(ALLOW),
                "deny": st.just(["role:suspended"]),
                "hide": st.booleans(),
                "body": st.sampled_from(SCHEMAS),
                "max_bytes": st.sampled_from([10, "1MiB"]),
                "accept": st.just(["application/merge-patch+json", "application/json"]),
                "body_optional": st.booleans(),
            },
        ),
        max_size=6,
    )


def policies():
    """Tables of a policy; some of them are wrong, as routes may be in each other's way."""
    return st.fixed_dictionaries(
        {"routes": routes()},
        optional={
            "api": st.fixed_dictionaries(
                {"methods": st.just(["LOCK"])},
                optional={
                    "mount": st.sampled_from(["/shop", ["", "/grün"]]),
                    "report": st.sampled_from([True, ["Routing"], ["ErrorEnvelope"]]),
                    "allow_path": st.just(["semicolon"]),
                    "unlisted": st.sampled_from(["reject", "pass"]),
                },
            ),
            "envelope": st.fixed_dictionaries(
                {},
                optional={
                    "format": st.sampled_from(["problem", "simple", f"{__name__}:rendered"]),
                    "types": st.sampled_from(["about:blank", "https://e.example/problems/"]),
                    "html": st.booleans(),
                },
            ),
            "auth": st.lists(st.sampled_from(sorted(SCHEMES)), min_size=1, unique=True).map(
                lambda names: {name: SCHEMES[name] for name in names}
            ),
            "body": st.fixed_dictionaries(
                {"invalid": st.sampled_from([400, 422]), "inflate": st.booleans()}
            ),
            "errors": st.just({
                "KeyError": 404,
                "OSError": {"status": 409, "code": "name-taken", "title": "Taken"},
                "ValueError": {"status": 410, "code": "not-found"},
            }),
            "problems": st.just({"teapot": {"status": 418, "title": "Short", "fix": "Tea."}}),
        },
    )  # fmt: skip

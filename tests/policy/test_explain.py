"""`explain` and `who`: what each layer decides, which entry decided, where the rule stands."""

import json

import pytest

from statusware import Identity, Policy, Problem, wrap
from statusware.cli import main
from statusware.cli.request import environ_of, identity_of, with_body
from statusware.policy.explain import explain, who

SECRET = "0123456789abcdef0123456789abcdef"
TOML = f"""
[auth.bearer]
secret = "{SECRET}"

[auth.api_key]
keys = []

[[routes]]
match = ["GET /soups", "GET /soups/{{id:int}}"]
allow = ["everyone"]

[[routes]]
name = "cook"
match = "POST /soups"
allow = ["role:cook & scope:write", "user:ann"]
deny = "role:suspended"
body = {{type = "object", required = ["name"]}}

  [[ routes ]]
match = "DELETE /soups/{{id:int}}"
hide = true

[[routes]]
match = "PUT /soups/{{name}}"
allow = ["user:{{name}}", "{__name__}:broken", "{__name__}:paid"]
"""


def broken(identity, variables, environ):
    return None


def paid(identity, variables, environ):
    raise Problem(402)


@pytest.fixture
def policy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statusware.toml").write_text(TOML.replace("keys = []", KEYS), "utf-8")
    return Policy.load("statusware.toml")


#: The digest of "key-of-bob".
KEYS = (
    'keys = [{sha256 = "9a81ad7fa4fe0a6e0ebd4e2c9a7b95df4b25c3a9a6b3b5c6ed8e2d1d5a1f8a11", '
    'subject = "bob"}]'
)

ANN = Identity("ann", "bearer")
COOK = Identity("bob", "bearer", roles={"cook"})

STEPS = [
    # request, identity, (layer, verdict) of every step, the status (None: the app answers)
    ("GET /soups", None, "Routing pass, Authentication pass, AccessControl pass, JSONBody pass", None),
    ("GET /soups/5", None, "Routing pass, Authentication pass, AccessControl pass, JSONBody pass", None),
    ("POST /soups", None, "Routing pass, Authentication refuse", 401),
    ("POST /soups", COOK, "Routing pass, Authentication pass, AccessControl refuse", 403),
    ("POST /soups", ANN, "Routing pass, Authentication pass, AccessControl pass, JSONBody refuse", 400),
    ("DELETE /soups/5", None, "Routing pass, Authentication refuse", 405),
    ("PATCH /soups/5", ANN, "Routing refuse", 405),
    ("OPTIONS /soups", None, "Routing answer", 204),
    ("GET //soups", None, "Routing refuse", 400),
    ("GET /nope", None, "Routing refuse", 404),
    ("FOO /soups", None, "Routing refuse", 501),
    ("GET /soups/5?_method=DELETE", ANN, "Routing pass, Authentication pass, AccessControl pass, JSONBody pass", None),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "identity", "steps", "status"), STEPS, ids=str)
def test_steps(policy, request_, identity, steps, status):
    method, _, target = request_.partition(" ")
    trace = explain(policy, environ_of(method, target), identity=identity)
    assert ", ".join(f"{s.layer} {s.verdict}" for s in trace.steps) == steps
    assert (trace.status and int(trace.status[:3])) == status


@pytest.mark.parametrize("request_", [row[0] for row in STEPS if row[1] is None])
def test_the_answer_is_the_one_that_would_go_out(policy, request_):
    method, _, target = request_.partition(" ")
    reached, sent = [], []

    def app(environ, start_response):
        reached.append(environ)
        start_response("200 OK", [])
        return []

    environ = {**environ_of(method, target), "HTTP_X_REQUEST_ID": "same"}
    trace = explain(policy, {**environ})
    body = b"".join(
        wrap(app, policy)(
            {**environ}, lambda status, headers, exc=None: sent.extend([status, headers])
        )
    )
    if trace.status is None:
        assert reached
    else:
        assert (trace.status, list(trace.headers), trace.body) == (*sent, body)
        assert not reached


def told(policy, request_, identity=None):
    method, _, target = request_.partition(" ")
    trace = explain(policy, environ_of(method, target), identity=identity)
    return [line for step in trace.steps for line in step.told]


TOLD = [
    ("GET /soups/5", None, 'route "GET /soups, GET /soups/{id:int}", statusware.toml:8'),
    ("GET /soups/5", None, "  id = '5'"),
    ("GET /soups/5", None, 'not "DELETE /soups/{id:int}" (/soups/{id:int}), statusware.toml:19: not for GET'),
    ("GET /soups/5", None, "not the other 1: their paths do not match"),
    ("GET /soups/5", None, "nobody is known"),
    ("GET /soups/5", None, 'allow "everyone": yes'),
    ("POST /soups", ANN, "taken for user:ann"),
    ("POST /soups", COOK, "taken for user:bob, role:cook"),
    ("POST /soups", COOK, 'deny "role:suspended": no, not role:suspended'),
    ("POST /soups", COOK, 'allow "role:cook & scope:write": no, not scope:write'),
    ("POST /soups", COOK, "403 insufficient-scope: The credentials lack a scope that this needs."),
    ("PUT /soups/bob", ANN, 'allow "user:{name}": no, not user:bob'),
    ("PUT /soups/bob", ANN, f'allow "{__name__}:broken": {__name__}:broken failed'),
    ("PUT /soups/bob", ANN, f'allow "{__name__}:paid": {__name__}:paid raises 402'),
    ("DELETE /soups/5", None, "  hidden: whoever may not gets what they would without this route"),
    ("PATCH /soups/5", None, "no route lists PATCH there; allowed: GET, HEAD, PUT, OPTIONS"),
    ("GET /soups/5?_method=DELETE", ANN, "the override DELETE finds DELETE /soups/{id:int}; it has to be"),
    ("GET /soups/5?_method=POST", ANN, "the override POST finds no route"),
    ("GET /nope", None, "no route lists this path"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "identity", "line"), TOLD, ids=str)
def test_what_is_told(policy, request_, identity, line):
    assert [found for found in told(policy, request_, identity) if found.startswith(line)]


def test_a_body_is_checked_where_there_is_one(policy):
    for body, verdict in ((b'{"name": "x"}', "pass"), (b"{}", "refuse"), (b"{", "refuse")):
        environ = environ_of("POST", "/soups")
        with_body(environ, body)
        trace = explain(policy, environ, identity=ANN)
        assert (trace.steps[-1].layer, trace.steps[-1].verdict) == ("JSONBody", verdict)
    environ = environ_of("GET", "/soups")
    with_body(environ, b"")
    assert explain(policy, environ).steps[-1].told == ("the route has no rule for it",)


def test_a_body_that_may_be_left_out():
    rule = {"match": "POST /a", "allow": "everyone", "body": {}, "body_optional": True}
    trace = explain(Policy({"routes": [rule]}), environ_of("POST", "/a"))
    assert trace.steps[-1].told == ("nothing to check",)


def test_outside_of_the_paths_nothing_is_decided():
    policy = Policy({"api": {"paths": ["/api"]}})
    [step] = explain(policy, environ_of("GET", "/other")).steps
    assert (step.layer, step.verdict) == ("[api] paths", "skip")
    told = explain(policy, environ_of("GET", "/api")).steps[0].told
    assert told == ("no route lists this path: it is outside the policy",)


def test_where_a_rule_of_a_dict_stands():
    policy = Policy({"routes": [{"match": "GET /a", "allow": "everyone"}]})
    assert who(policy, environ_of("GET", "/a")).place == "routes[0]"


WHO = [
    ("GET /soups", ("everyone",), (), ""),
    ("POST /soups", ("role:cook & scope:write", "user:ann"), ("role:suspended",), ""),
    ("PUT /soups/bob", ("user:bob", f"{__name__}:broken", f"{__name__}:paid"), (), ""),
    ("DELETE /soups/5", ("authenticated",), (), "for everyone else the route does not exist"),
    ("PATCH /soups", (), (), "no route lists PATCH there; allowed: GET, HEAD, POST, OPTIONS"),
    ("GET /nope", (), (), "no route lists this path"),
]


@pytest.mark.parametrize(("request_", "allow", "deny", "note"), WHO)
def test_who(policy, request_, allow, deny, note):
    found = who(policy, environ_of(*request_.split(" ")))
    assert (found.allow, found.deny, found.note) == (allow, deny, note)
    assert (found.route is None) == (not allow)


AS = {
    "user:ann": Identity("ann", "bearer"),
    "user:api_key/ann": Identity("ann", "api_key"),
    "user:other/ann": Identity("other/ann", "bearer"),
    "role:a,scope:b": Identity("somebody", "bearer", roles={"a"}, scopes={"b"}),
    "scheme:api_key": Identity("somebody", "api_key"),
    "user:ann, claim:tenant=acme": Identity("ann", "bearer", claims={"tenant": "acme"}),
    "authenticated": Identity("somebody", "bearer"),
    "": None,
    "everyone": None,
}


@pytest.mark.parametrize(("words", "identity"), AS.items(), ids=str)
def test_as(policy, words, identity):
    assert identity_of(words, policy) == identity


def test_the_command_explain(policy, capsys):
    assert main(["explain", "GET", "/soups"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'Routing         pass    route "GET /soups, GET /soups/{id:int}", statusware.toml:8',
        '                        not "cook" (/soups), statusware.toml:12: not for GET',
        "                        not the other 2: their paths do not match",
        "Authentication  pass    nobody is known",
        'AccessControl   pass    allow "everyone": yes',
        "JSONBody        pass    the route has no rule for it",
        "",
        "The app answers.",
    ]
    assert main(["explain", "POST", "/soups", "--as", "user:eve"]) == 1
    out = capsys.readouterr().out
    assert "\n403 Forbidden\n" in out
    assert '"code": "forbidden"' in out


def test_the_command_explain_with_credentials_and_a_body(policy, capsys, tmp_path):
    assert main(["explain", "POST", "/soups", "--token", "abc"]) == 1
    assert "401 invalid-credentials" in capsys.readouterr().out
    assert main(["explain", "POST", "/soups", "--key", "wrong"]) == 1
    assert "401 invalid-credentials" in capsys.readouterr().out
    (tmp_path / "body.json").write_text('{"name": 1}')
    body = ["--body", "body.json"]
    assert main(["explain", "POST", "/soups", "--as", "user:ann", *body]) == 0
    assert "checked" in capsys.readouterr().out
    assert main(["explain", "POST", "/soups", "--as", "user:ann"]) == 1
    assert "JSONBody        refuse  400 missing-body: " in capsys.readouterr().out


@pytest.mark.parametrize(("body", "code"), [("{}", "invalid-body"), ("{", "malformed-json")])
def test_a_refused_body_is_one_that_the_route_has_a_rule_for(policy, body, code):
    environ = environ_of("POST", "/soups")
    with_body(environ, body.encode())
    [line] = explain(policy, environ, identity=ANN).steps[-1].told
    assert line.startswith(f"400 {code}: ")


def test_the_commands_in_json(policy, capsys):
    main(["explain", "POST", "/soups", "--format", "json"])
    trace = json.loads(capsys.readouterr().out)
    assert trace["status"] == "401 Unauthorized"
    assert [step["layer"] for step in trace["steps"]] == ["Routing", "Authentication"]
    main(["who", "POST", "/soups", "--format", "json"])
    assert json.loads(capsys.readouterr().out)["place"] == "statusware.toml:12"


def test_the_command_who(policy, capsys):
    assert main(["who", "POST", "/soups"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'route "cook", statusware.toml:12',
        "  may:     role:cook & scope:write",
        "  may:     user:ann",
        "  may not: role:suspended",
    ]
    assert main(["who", "GET", "/nope"]) == 1
    assert capsys.readouterr().out == "no route lists this path\n"


REFUSED = [
    (["explain", "GET", "/", "--as", "ann"], "says nothing about anybody"),
    (["explain", "GET", "/", "--as", "rle:x"], 'did you mean "role"?'),
    (["explain", "GET", "/", "--as", "user:a", "--token", "x"], "exclude each other"),
    (["explain", "GET", "/", "--policy", "none.toml"], "cannot be read"),
    (["who", "FOO", "/"], "method-not-implemented"),
    (["who", "GET", "//"], "ambiguous-path"),
]


@pytest.mark.parametrize(("args", "line"), REFUSED, ids=str)
def test_what_the_commands_refuse(policy, capsys, args, line):
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert err.count("\n") == 1


HEADERS = """
[auth.basic]
users = "ann:$2y$04$/EtZgHnCa2P7VIzZEHNDGeMeFxd.3bMZsGhDbMCsVS5n.MFWMBiwO"

[auth.session]
verify = "tests.policy.test_explain:by_cookie"
ambient = true

[[routes]]
match = "PATCH /soups"
body = {type = "object"}
accept = ["application/merge-patch+json"]

[[routes]]
match = "POST /orders"
allow = "scheme:session"
"""


def by_cookie(environ):
    return Identity("ann") if "session=good" in environ.get("HTTP_COOKIE", "") else None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["PATCH", "/soups", "--as", "user:ann"], "415 unsupported-media-type"),
        (
            [
                *"PATCH /soups --as user:ann --header".split(),
                "Content-Type: application/merge-patch+json",
            ],
            "The app answers.",
        ),
        (["POST", "/orders"], "401 missing-credentials"),
        (["POST", "/orders", "--header", "Cookie: session=good"], "The app answers."),
        (
            ["POST", "/orders", "--header", "cookie: a=b", "--header", "cookie:session=good"],
            "The app answers.",
        ),
        (
            [
                "POST",
                "/orders",
                "--header",
                "Cookie: session=good",
                "--header",
                "Origin: https://x.example",
            ],
            "403 cross-site-request",
        ),
        (
            ["POST", "/orders", "--header", "Authorization: Basic YW5uOnNlY3JldA=="],
            "401 invalid-credentials",
        ),
        (
            ["POST", "/orders", "--header", "X-HTTP-Method-Override: DELETE"],
            "405 method-not-allowed",
        ),
        (["GET", "/nope", "--header", "Accept: text/html"], "<!doctype html>"),
        (["GET", "/nope", "--header", "X-Request-ID: abc"], '"request_id": "abc"'),
    ],
)
def test_header_fields(words, told, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statusware.toml").write_text(HEADERS)
    (tmp_path / "body.json").write_text("{}")
    body = ["--body", "body.json"] if "/soups" in words else []
    main(["explain", *words, *body])
    assert told in capsys.readouterr().out


@pytest.mark.parametrize(
    "header", ["", "Origin", ": x", "X_User: ann", "X User: ann", "X: a\nb", "\xe4: b"]
)
def test_what_is_no_header_field(header, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "statusware.toml").write_text(HEADERS)
    assert main(["explain", "GET", "/", "--header", header]) == 2
    assert "is no header field; as in 'Origin: " in capsys.readouterr().err


def test_a_header_that_is_verified_wants_the_secret(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    (tmp_path / "statusware.toml").write_text(
        '[auth.bearer]\nsecret = {env = "NOT_SET_HERE"}\n[[routes]]\nmatch = "GET /a"\n'
    )
    assert main(["explain", "GET", "/a", "--header", "Origin: https://x.example"]) == 1
    assert main(["explain", "GET", "/a", "--header", "Authorization: Bearer x"]) == 2
    assert "NOT_SET_HERE is not set" in capsys.readouterr().err

"""Principals and the rules made of them: who may, who may not, and what is refused at start."""

import functools
import logging
import warnings
from types import MappingProxyType

import pytest

from statusware import Identity, PolicyError, Problem
from statusware.rules import AccessRule
from statusware.rules.principals import claim_values, reads_request
from tests.names import told

ANN = Identity("ann", "bearer", roles={"editor"}, scopes={"recipes:write", "read"},
               claims={"tenant": "acme", "level": 3, "admin": True, "groups": ["a", "b"],
                       "realm": {"tenant": "inner"}, "https://id/t": "x", "empty": None,
                       "ratio": 1.5})  # fmt: skip
BOB = Identity("bob", "basic", roles={"suspended", "editor"})
IMPOSTOR = Identity("bearer/ann", "basic")
NOBODY = None
ENVIRON = MappingProxyType({"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.input": object()})


# Predicates, named in rules as tests.rules.test_decision:NAME.


def yes(identity, variables, environ):
    return True


def no(identity, variables, environ):
    return False


def is_owner(identity, variables, environ):
    return identity is not None and identity.user == variables.get("name")


def looks(identity, variables, environ):
    return "wsgi.input" not in environ and environ["PATH_INFO"] == "/"


def fails(identity, variables, environ):
    raise KeyError("secret")


def truthy(identity, variables, environ):
    return 1


def nothing(identity, variables, environ):
    return None


def paid(identity, variables, environ):
    raise Problem(402, "Pay first.")


def must_not_run(identity, variables, environ):
    raise AssertionError("a predicate behind a failed principal was asked")


async def later(identity, variables, environ):
    return True


async_in_disguise = functools.partial(lambda call, *args: call(*args), later)


class Checker:
    def __call__(self, identity, variables, environ):
        return identity is ANN


class AsyncChecker:
    async def __call__(self, identity, variables, environ):
        return True


checker, async_checker = Checker(), AsyncChecker()


def two(identity, variables):
    return True


number = 5
HERE = f"{__name__}:"


def decide(identity, allow, deny=(), variables=None, **options):
    variables = variables or {}
    options = {"schemes": ["bearer", "basic"], **options}
    rule = AccessRule.compile(allow, deny, variables=list(variables), **options)
    return rule.decide(identity, variables, dict(ENVIRON))


NAMED = {"name": "ann", "tenant": "acme", "id": "5"}

#: allow, identity, allowed
ALLOWED = [
    ("everyone", NOBODY, True),
    ("everyone", ANN, True),
    ("authenticated", NOBODY, False),
    ("authenticated", ANN, True),
    (None, NOBODY, False),
    (None, ANN, True),
    ("user:ann", ANN, True),
    ("user:ann", BOB, False),
    ("user:ann", NOBODY, False),
    ("user:Ann", ANN, False),
    ("user:an", ANN, False),
    ("user:bearer/ann", ANN, True),
    ("user:basic/ann", ANN, False),
    ("user:bearer/ann", IMPOSTOR, False),
    ("user:other/ann", IMPOSTOR, False),
    ("user:basic/bearer/ann", IMPOSTOR, True),
    ("user:{name}", ANN, True),
    ("user:{name}", BOB, False),
    ("user:bearer/{name}", ANN, True),
    ("user:basic/{name}", ANN, False),
    ("scheme:bearer", ANN, True),
    ("scheme:basic", ANN, False),
    ("scheme:bearer", NOBODY, False),
    ("role:editor", ANN, True),
    ("role:Editor", ANN, False),
    ("role:edit", ANN, False),
    ("role:editor", NOBODY, False),
    ("scope:recipes:write", ANN, True),
    ("scope:recipes", ANN, False),
    ("scope:read", NOBODY, False),
    ("claim:tenant=acme", ANN, True),
    ("claim:tenant={tenant}", ANN, True),
    ("claim:tenant={id}", ANN, False),
    ("claim:tenant=other", ANN, False),
    ("claim:tenant=acme", BOB, False),
    ("claim:tenant=acme", NOBODY, False),
    ("claim:level=3", ANN, True),
    ("claim:admin=true", ANN, True),
    ("claim:admin=True", ANN, False),
    ("claim:admin=1", ANN, False),
    ("claim:groups=b", ANN, True),
    ("claim:groups=c", ANN, False),
    ("claim:realm.tenant=inner", ANN, True),
    ("claim:tenant.x=acme", ANN, False),
    ("claim:https://id/t=x", ANN, True),
    ("claim:empty=None", ANN, False),
    ("claim:ratio=1.5", ANN, False),
    ("claim:tenant=a=b", ANN, False),
    (HERE + "yes", NOBODY, True),
    (HERE + "no", ANN, False),
    (HERE + "is_owner", ANN, True),
    (HERE + "is_owner", BOB, False),
    (HERE + "is_owner", NOBODY, False),
    (HERE + "looks", ANN, True),
    (HERE + "checker", ANN, True),
    (HERE + "checker", BOB, False),
    # Any of the list, all of an entry.
    (["role:admin", "user:ann"], ANN, True),
    (["role:admin", "user:bob"], ANN, False),
    ("role:editor & scope:read", ANN, True),
    ("role:editor&scope:read", ANN, True),
    ("role:editor & scope:none", ANN, False),
    ("everyone & " + HERE + "yes", NOBODY, True),
    ("everyone & " + HERE + "no", NOBODY, False),
    ("role:admin & " + HERE + "must_not_run", ANN, False),
    ("authenticated & " + HERE + "must_not_run", NOBODY, False),
    # Whatever a predicate does but answer True is no yes, and hinders no other entry.
    (HERE + "fails", ANN, False),
    (HERE + "truthy", ANN, False),
    (HERE + "nothing", ANN, False),
    (HERE + "async_in_disguise", ANN, False),
    ([HERE + "fails", "role:editor"], ANN, True),
    (["role:editor", HERE + "fails"], ANN, True),
    ([HERE + "paid", "role:editor"], ANN, True),
]


@pytest.mark.parametrize(("allow", "identity", "allowed"), ALLOWED, ids=told)
def test_allow(allow, identity, allowed):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decision = decide(identity, allow, variables=NAMED)
    assert decision.allowed is allowed


#: deny, identity, allowed (everyone else may)
DENIED = [
    ("role:suspended", BOB, False),
    ("role:suspended", ANN, True),
    ("role:suspended", NOBODY, True),
    ("everyone", ANN, False),
    ("authenticated", NOBODY, True),
    ("role:suspended & user:ann", BOB, True),
    (["user:x", "user:{name}"], ANN, False),
    (HERE + "yes", ANN, False),
    (HERE + "no", ANN, True),
    # It cannot be known whether they are denied: they are.
    (HERE + "fails", ANN, False),
    (HERE + "truthy", ANN, False),
    (HERE + "nothing", ANN, False),
    ("role:suspended & " + HERE + "fails", ANN, True),
    ("role:editor & " + HERE + "fails", ANN, False),
]


@pytest.mark.parametrize(("deny", "identity", "allowed"), DENIED, ids=told)
def test_deny_wins(deny, identity, allowed):
    decision = decide(identity, ["everyone"], deny, variables=NAMED)
    assert decision.allowed is allowed
    if not allowed and isinstance(deny, str):
        assert decision.by == deny


def test_the_entry_that_decides_is_named():
    assert decide(ANN, ["role:admin", "role:editor&scope:read"]).by == "role:editor & scope:read"
    assert decide(ANN, ["role:admin"]).by == ""


MISSING = [
    ("scope:a", ANN, ("a",)),
    ("scope:a & scope:b", ANN, ("a", "b")),
    ("role:editor & scope:a", ANN, ("a",)),
    ("scope:a & role:editor", ANN, ("a",)),
    ("scope:read & scope:b", ANN, ("b",)),
    ("role:admin & scope:a", ANN, ()),
    ("scope:a & role:admin", ANN, ()),
    ("scope:a & " + HERE + "no", ANN, ()),
    ("scope:a & " + HERE + "fails", ANN, ()),
    (["role:admin", "scope:a", "scope:b"], ANN, ("a",)),
    ("scope:{id}", ANN, ()),  # what was sent is never told
    ("scope:a", NOBODY, ()),
]


@pytest.mark.parametrize(("allow", "identity", "missing"), MISSING, ids=told)
def test_scopes_that_alone_are_missing(allow, identity, missing):
    decision = decide(identity, allow, variables=NAMED)
    assert (decision.allowed, decision.missing_scopes) == (False, missing)


def test_a_denied_request_lacks_no_scope():
    assert decide(ANN, "scope:a", "role:editor").missing_scopes == ()


@pytest.mark.parametrize("allow", [[HERE + "paid"], [HERE + "paid", "role:admin"],
                                   ["role:admin", HERE + "paid"]])  # fmt: skip
def test_a_predicate_may_raise_its_own_problem(allow):
    with pytest.raises(Problem, match="Pay first"):
        decide(ANN, allow)


def test_a_problem_raised_in_deny_is_the_answer():
    with pytest.raises(Problem, match="Pay first"):
        decide(ANN, "everyone", HERE + "paid")


@pytest.mark.parametrize(
    ("name", "told"),
    [("fails", "failed"), ("truthy", "answered int"), ("nothing", "answered NoneType"),
     ("async_in_disguise", "answered coroutine")],
)  # fmt: skip
def test_the_fault_of_a_predicate_is_logged(caplog, name, told):
    decide(ANN, HERE + name)
    [record] = caplog.records
    assert (record.name, record.levelno) == ("statusware.access", logging.ERROR)
    assert HERE + name in record.getMessage()
    assert told in record.getMessage()


def test_open_and_unconditional():
    def both(allow, deny=()):
        rule = AccessRule.compile(allow, deny)
        return rule.open, rule.unconditional

    assert both("everyone") == (True, True)
    assert both(["role:x", "everyone"]) == (True, True)
    assert both("everyone & everyone") == (True, True)
    assert both("everyone", "role:x") == (True, False)
    assert both(f"everyone & {HERE}yes") == (True, False)
    assert both("authenticated") == (False, False)
    assert both(HERE + "yes") == (False, False)
    assert both(None) == (False, False)


REFUSED = {
    "": "no principal",
    "everyone ": None,  # blanks around a word mean nothing
    "everone": 'did you mean "everyone"?',
    "Everyone": 'did you mean "everyone"?',
    "*": "no principal",
    "editor": "role:editor",
    "rle:editor": 'did you mean "role"?',
    "Role:editor": 'did you mean "role"?',
    "user:": "names nobody",
    "role: editor": "names nobody",
    "user:bearer/": "names nobody",
    "role:a & ": "no principal",
    "& role:a": "no principal",
    "user:{nam}": 'did you mean "name"?',
    "user:{name:str}": "stray brace",
    "user:{name": "stray brace",
    "role:}": "stray brace",
    "user:{}": "stray brace",
    "scope:a b": "no scope",
    'scope:a"b': "no scope",
    "scope:a\\b": "no scope",
    "scope:caf\u00e9": "no scope",
    "claim:tenant": "no claim",
    "claim:tenant=": "no claim",
    "claim:=acme": "no claim",
    "claim:{name}=acme": "no claim",
    "claim:tenant={nam}": "unknown path variable",
    "no.such.module:predicate": "does not import",
    "roles:editor": "No module named 'roles'; did you mean \"role\"?",
    "json:scoop": "'json:scoop' does not import: no 'scoop'",
    HERE + "yess": 'did you mean "yes"?',
    HERE + "number": "no function",
    HERE + "two": "three arguments",
    HERE + "later": "asynchronous",
    HERE + "async_checker": "asynchronous",
    "a:b:c": "no principal",
}


@pytest.mark.parametrize(("text", "told"), REFUSED.items(), ids=map(repr, REFUSED))
@pytest.mark.parametrize("key", ["allow", "deny"])
def test_what_is_no_principal_is_refused_at_start(key, text, told):
    lists = {"allow": ["everyone"], key: [text]}
    options = {"variables": ["name", "id"], "schemes": ["bearer"]}
    if told is None:
        AccessRule.compile(**lists, **options)
        return
    with pytest.raises(PolicyError) as caught:
        AccessRule.compile(**lists, **options)
    assert caught.value.key == key
    assert told in str(caught.value)


def test_what_goes_wrong_in_a_module_is_told_with_its_place(tmp_path, monkeypatch):
    """The text of a KeyError is the key, and says nothing."""
    (tmp_path / "unready.py").write_text("import os\n\nos.environ['NO_SUCH_VARIABLE']\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PolicyError) as caught:
        AccessRule.compile(["unready:predicate"])
    told = "does not import: KeyError: 'NO_SUCH_VARIABLE' (unready.py, line 3)"
    assert told in str(caught.value)


@pytest.mark.parametrize("words", [1, [1], [None], {"a": 1}.items()])
def test_a_list_of_principals_is_one(words):
    with pytest.raises(PolicyError, match="no list of principals"):
        AccessRule.compile(words)


def test_an_empty_allow_is_refused():
    with pytest.raises(PolicyError, match="allow: is empty"):
        AccessRule.compile([])


def test_a_variable_in_a_route_without_any():
    with pytest.raises(PolicyError, match="the path of the route has no variables"):
        AccessRule.compile("user:{name}")


def test_values_around_variables():
    variables = {"team": "red", "id": "5"}
    identity = Identity("ann", roles={"team-red", "red/5"})
    assert decide(identity, "role:team-{team}", variables=variables).allowed
    assert decide(identity, "role:{team}/{id}", variables=variables).allowed
    assert not decide(identity, "role:team-{id}", variables=variables).allowed
    # A value is put in as it is: it cannot name another variable.
    assert not decide(identity, "role:team-{team}", variables={"team": "{id}", "id": "red"}).allowed


def test_claim_values():
    assert claim_values({"a": {"b": ["x", 1, True, None, {"c": 1}]}}, "a.b") == ["x", "1", "true"]
    assert claim_values({"a.b": "flat", "a": {"b": "deep"}}, "a.b") == ["flat"]
    assert claim_values({}, "a.b") == []
    assert claim_values({"a": "text"}, "a.b") == []


READS = {
    ("everyone",): False,
    ("authenticated & role:x", "claim:a=b"): False,
    ("user:{name}",): True,
    ("role:x & " + HERE + "yes",): True,
    (): False,
}


@pytest.mark.parametrize(("words", "reads"), READS.items())
def test_whether_a_rule_looks_beyond_the_identity(words, reads):
    assert reads_request(list(words), None) is reads
    assert reads_request(None, " & ".join(words)) is reads

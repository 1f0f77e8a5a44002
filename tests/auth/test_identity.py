"""Identity: small, frozen, safe to put into the environ."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from statusware.auth.identity import Identity, frozen


def test_names_become_sets() -> None:
    identity = Identity("ann", roles=["editor", "editor"], scopes=("a",))  # type: ignore[arg-type]
    assert identity.roles == frozenset({"editor"})
    assert identity.scopes == frozenset({"a"})
    assert identity.claims == {}


@pytest.mark.parametrize(
    "user", ["", " ", "a\nb", "a\x00", "a\x7f", "a\x85", "a\u2028", "\ud800", 5, None]
)
def test_users_that_cannot_be(user: Any) -> None:
    with pytest.raises(ValueError, match="user"):
        Identity(user)


@pytest.mark.parametrize("names", ["editor", b"editor"])
def test_one_string_is_no_list_of_names(names: Any) -> None:
    with pytest.raises(TypeError, match="roles"):
        Identity("ann", roles=names)


def test_it_cannot_be_changed() -> None:
    identity = Identity("ann", claims={"realm": {"roles": ["a"]}})
    with pytest.raises(AttributeError):
        identity.user = "bob"  # type: ignore[misc]
    with pytest.raises(TypeError):
        identity.claims["sub"] = "bob"  # type: ignore[index]
    with pytest.raises(TypeError):
        identity.claims["realm"]["roles"].append("b")
    with pytest.raises(TypeError):
        identity.claims["realm"].update(roles=[])


def test_claims_stay_json_and_pickle() -> None:
    identity = Identity("ann", claims={"a": [{"b": None}]})
    assert json.dumps(identity.claims) == '{"a": [{"b": null}]}'
    assert pickle.loads(pickle.dumps(identity)) == identity
    assert hash(identity) == hash(Identity("ann"))


def test_claims_are_not_shown() -> None:
    assert "secret" not in repr(Identity("ann", claims={"email": "secret"}))


def test_remote_user_is_utf8_as_latin1() -> None:
    assert Identity("ann").remote_user == "ann"
    assert Identity("Zoë").remote_user.encode("latin-1") == "Zoë".encode()


def test_frozen_leaves_scalars() -> None:
    assert [frozen(value) for value in (1, "a", None, True)] == [1, "a", None, True]

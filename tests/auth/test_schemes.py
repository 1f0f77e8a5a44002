"""`[auth]` of a policy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from statusware import PolicyError
from statusware.auth.schemes import build_schemes, layer_options

from .forge import SECRET, bearer, token
from .test_public import PRIVATE, jwk
from .test_public import token as signed


def identify(environ: Any) -> None:
    return None


OWN = {"verify": "tests.auth.test_schemes:identify", "challenge": 'Session realm="shop"'}


def test_schemes_get_their_names() -> None:
    schemes = build_schemes(
        {
            "bearer": [{"secret": SECRET}, {"secret": SECRET}, {"secret": SECRET, "name": "third"}],
            "session": OWN | {"ambient": True},
            "proxy": {"peers": ["unix"]},
            "remote_user": {},
            "max_header": 100,
        }
    )
    assert list(schemes) == ["bearer", "bearer-2", "third", "session", "proxy", "remote_user"]
    assert all(name == scheme.name for name, scheme in schemes.items())
    assert schemes["session"].ambient
    assert schemes["session"].challenges() == ('Session realm="shop"',)


def test_files_are_relative_to_the_policy(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    for secret in ({"file": "secret"}, [{"file": "secret"}]):
        schemes = build_schemes({"bearer": {"secret": secret}}, folder=tmp_path)
        assert schemes["bearer"].authenticate(bearer(token()))
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [jwk(PRIVATE["P-256"])]}))
    schemes = build_schemes({"bearer": {"jwks": "keys.json"}}, folder=tmp_path)
    assert schemes["bearer"].authenticate(bearer(signed(PRIVATE["P-256"], "ES256")))


@pytest.mark.parametrize(
    ("auth", "told"),
    [
        ({"bearer": {}}, "bearer: has no key"),
        ({"bearer": {"secrt": "x"}}, 'bearer.secrt: unknown option; did you mean "secret"'),
        ({"bearer": [{"secret": SECRET}, {"secret": "x"}]}, "bearer[1].secret: the secret is too"),
        ({"bearer": [{"secret": SECRET}, {"secret": SECRET, "name": "bearer"}]}, "of two schemes"),
        ({"bearer": {"secret": SECRET, "name": "a b"}}, "bearer.name"),
        ({"beerer": {"secret": SECRET}}, 'did you mean "bearer"'),
        ({"session": {"verify": "no:thing"}}, "session.verify"),
        ({"session": OWN | {"ambent": True}}, 'did you mean "ambient"'),
        ({"api_key": {}}, "api_key: has no keys"),
        ({"basic": {"realm": "x"}}, "basic: has no users"),
        ({"bearer": {"secret": SECRET, "realm": 0}}, "bearer.realm: must be printable"),
        ({"proxy": {"peers": ["unix"], "roles": []}}, "proxy.roles: [] is not the name"),
        ({"proxy": {"peers": ["unix"], "scopes": 0}}, "proxy.scopes: 0 is not the name"),
        ({"session": OWN | {"header": 0}}, "session.header: 0 is not the name"),
        ({"session": OWN | {"challenge": []}}, "session.challenge: [] is not a challenge"),
        ({"explian": True}, 'did you mean "explain"'),
    ],
)
def test_wrong_tables(auth: Any, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        build_schemes(auth)
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_options_of_the_layer() -> None:
    document = {
        "api": {"origin": "https://a.example"},
        "cors": {"origins": ["https://b.example"]},
        "auth": {"explain": True, "max_header": 5, "strip_headers": []},
    }
    assert layer_options(document) == {
        "explain": True,
        "max_header": 5,
        "strip_headers": [],
        "origin": "https://a.example",
        "origins": ["https://b.example"],
    }
    assert layer_options({}) == {}
    for name, value in (
        ("explain", 1),
        ("max_header", True),
        ("max_header", 0),
        ("strip_headers", "X"),
        ("strip_headers", ["X", ""]),
    ):
        with pytest.raises(PolicyError, match=f"auth.{name}"):
            layer_options({"auth": {name: value}})


def test_what_no_policy_names_is_not_imported():
    program = (
        "import sys; from statusware import Policy; "
        "Policy({'auth': {'remote_user': {}}, 'routes': [{'match': 'GET /a'}]});"
        "print(*sorted(m for m in sys.modules if m.startswith('statusware.auth.')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    imported = ran.stdout.split()
    assert "statusware.auth.proxy" in imported
    for name in ("bearer", "apikey", "basic"):
        assert f"statusware.auth.{name}" not in imported

"""`statusware keys` and `statusware token`, and that servers accept what they make."""

from __future__ import annotations

import errno
import inspect
import os
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from statusware import Policy, PolicyError
from statusware.auth.apikey import APIKey
from statusware.auth.bearer import Bearer
from statusware.auth.identity import Identity
from statusware.auth.keyfile import add_key, revoke_key
from statusware.auth.scheme import Refused
from statusware.cli.keys import keys
from statusware.cli.token import token

from .forge import SECRET, bearer


def run(command: Any, *args: object) -> Result:
    # Before click 8.2 stdout holds stderr as well, unless told otherwise.
    mixed = "mix_stderr" in inspect.signature(CliRunner).parameters
    runner = CliRunner(**({"mix_stderr": False} if mixed else {}))
    result = runner.invoke(command, [str(arg) for arg in args])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


def who(file: Path, key: str) -> Identity | None:
    try:
        return APIKey(keys={"file": str(file)}).authenticate({"HTTP_X_API_KEY": key})
    except Refused:
        return None


def test_a_key_is_added_listed_used_and_revoked(file: Path) -> None:
    added = run(
        keys, "add", "billing", "--role", "a", "--role", "b c", "--scope", "x", "--file", file
    )
    assert added.exit_code == 0
    key = added.stdout.strip()
    assert re.fullmatch(r"sw_[A-Za-z0-9_-]{43}", key)
    assert key not in file.read_text()
    assert who(file, key) == Identity("billing", "api_key", frozenset({"a", "b c"}), frozenset("x"))
    second = run(keys, "add", "billing", "--label", "two", "--expires", "90d", "--file", file)
    listed = run(keys, "list", "--file", file).stdout.splitlines()
    assert [line.split()[:2] for line in listed[1:]] == [["billing", "billing"], ["two", "billing"]]
    assert listed[1].endswith("never")
    assert listed[2].endswith("UTC")
    assert run(keys, "revoke", "billing", "--file", file).exit_code == 0
    assert who(file, key) is None
    assert who(file, second.stdout.strip()) is not None


def test_the_file_is_for_its_owner(file: Path) -> None:
    run(keys, "add", "a", "--file", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(file.parent) == ["keys.toml"]


def test_whoever_reads_the_file_can_read_it_still(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`sudo statusware keys add` must not lock the server out."""
    run(keys, "add", "billing", "--file", file)
    file.chmod(0o640)
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _, uid, gid: given.append((uid, gid)))
    run(keys, "add", "other", "--file", file)
    run(keys, "revoke", "billing", "--file", file)
    assert file.stat().st_mode & 0o777 == 0o640
    assert given == [(file.stat().st_uid, file.stat().st_gid)] * 2


def test_a_file_that_cannot_stay_its_owners_is_left_alone(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*args: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    run(keys, "add", "billing", "--file", file)
    before = file.read_bytes()
    monkeypatch.setattr(os, "fchown", refused)
    with pytest.raises(PolicyError, match="cannot be written: Operation not permitted"):
        add_key(file, "other")
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_link_stays_one(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "real" / "keys-1.toml"
    real.parent.mkdir()
    run(keys, "add", "billing", "--file", real)
    file.symlink_to(real)
    key = run(keys, "add", "other", "--file", file).stdout.strip()
    assert file.is_symlink()
    assert who(real, key) is not None


def test_no_other_key_is_revoked_than_the_one_that_is_named(file: Path) -> None:
    """What looks like the beginning of a table may stand in a text."""
    table = (
        '[["keys"]]\nlabel = "{0}"\nsubject = "{0}"\nsha256 = "{1}"\nroles = ["""\n[[keys]]\n"""]\n'
    )
    file.write_text(table.format("one", "1" * 64) + table.format("two", "2" * 64))
    before = file.read_text()
    with pytest.raises(PolicyError, match="by hand"):
        revoke_key(file, "one")
    assert file.read_text() == before


def test_comments_stay(file: Path) -> None:
    file.write_text("# ours\n")
    first = add_key(file, "a", label='odd "label" \\ \x7f ü')
    second = add_key(file, "b")
    revoke_key(file, 'odd "label" \\ \x7f ü')
    assert file.read_text().startswith("# ours\n")
    assert who(file, first) is None
    assert who(file, second) is not None


def test_one_of_several_is_revoked(file: Path) -> None:
    made = [add_key(file, name) for name in ("a", "b", "c", "d")]
    assert [lines.splitlines()[0] for lines in file.read_text().split("\n\n")] == ["[[keys]]"] * 4
    revoke_key(file, "d")
    assert [who(file, key) is not None for key in made] == [True, True, True, False]
    revoke_key(file, "b")
    assert [who(file, key) is not None for key in made] == [True, False, True, False]
    revoke_key(file, "a")
    assert [who(file, key) is not None for key in made] == [False, False, True, False]


def test_a_key_is_parted_from_what_stands_before(file: Path) -> None:
    file.write_text("# Ours.")
    add_key(file, "a")
    assert file.read_text().startswith("# Ours.\n\n[[keys]]\n")


def test_an_empty_list(file: Path) -> None:
    listed = run(keys, "list", "--file", file)
    assert (listed.exit_code, listed.stdout) == (0, "")


def test_expired_keys_are_shown_as_such(file: Path) -> None:
    file.write_text(
        f'[[keys]]\nlabel = "a"\nsubject = "a"\nsha256 = "{"0" * 64}"\n'
        "expires = 2020-01-01T00:00:00Z\n"
    )
    assert "2020-01-01 00:00 UTC (expired)" in run(keys, "list", "--file", file).stdout


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["add", "a"], "there is a key with the label 'a'"),
        (["add", "b\n"], "subject"),
        (["add", ""], "subject"),
        (["add", "b", "--scope", "x y"], "scopes: 'x y' is no scope; printable ASCII"),
        (["revoke", "nobody"], "no key has the label"),
    ],
)
def test_what_keys_refuses(args: list[str], told: str, file: Path) -> None:
    add_key(file, "a")
    before = file.read_bytes()
    with pytest.raises(PolicyError) as caught:
        run(keys, *args, "--file", file)
    assert told in str(caught.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("text", ["[[keys", "[[keys]]\nsubject = 5", "\udcff"])
def test_broken_files_stay_as_they_are(text: str, file: Path) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    before = file.read_bytes()
    for args in (["list"], ["add", "a"], ["revoke", "a"]):
        with pytest.raises(PolicyError, match=re.escape(str(file))):
            run(keys, *args, "--file", file)
    assert file.read_bytes() == before


def test_files_in_another_style_are_not_edited(file: Path) -> None:
    file.write_text(f'keys = [{{label = "a", subject = "a", sha256 = "{"0" * 64}"}}]\n')
    for change in (lambda: revoke_key(file, "a"), lambda: add_key(file, "b")):
        with pytest.raises(PolicyError):
            change()


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_file_as_it_was(
    file: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_key(file, "robot")
    before = file.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, failing, full)
        with pytest.raises(PolicyError, match="cannot be written: No space left on device"):
            add_key(file, "other")
    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be written"):
        add_key(tmp_path / "no" / "keys.toml", "a")


@pytest.mark.parametrize("text", ["90", "d", "0d", "-1d", "1w", "1.5h", "999999999d", "٣d"])
def test_durations(text: str, file: Path) -> None:
    result = run(keys, "add", "a", f"--expires={text}", "--file", file)
    assert result.exit_code == 2
    assert "duration" in result.stderr
    assert not file.exists()


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text(SECRET)
    path = tmp_path / "statusware.toml"
    path.write_text(POLICY)
    return path


POLICY = """
[auth.bearer]
secret = [{file = "secret"}, {env = "UNSET_BUT_LATER"}]
issuer = "https://id.example.com/"
audience = ["recipes", "other"]
algorithms = ["HS384", "HS256"]
user = "preferred.name"
claims = {type = "access", "a.b" = true}
roles = "realm_access.roles"
scopes = "https://example.com/scopes"
profile = "at+jwt"

[[routes]]
match = "GET /"
"""


def test_a_token_that_the_policy_accepts(policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSET_BUT_LATER", SECRET)
    made = run(
        token,
        "Zoë",
        "--role",
        "a",
        "--role",
        "b",
        "--scope",
        "x",
        "--scope",
        "y",
        "--policy",
        policy,
    )
    assert made.exit_code == 0
    scheme = Policy.load(policy).schemes["bearer"]
    identity = scheme.authenticate(bearer(made.stdout.strip()))
    assert identity is not None
    assert (identity.user, identity.roles, identity.scopes) == ("Zoë", {"a", "b"}, {"x", "y"})


def test_the_simplest_token(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'[auth.bearer]\nsecret = "{SECRET}"\n')
    made = run(token, "ann", "--policy", path, "--expires", "5m").stdout.strip()
    assert Bearer(secret=SECRET).authenticate(bearer(made))


@pytest.mark.parametrize("value", ["production", "Production ", "PRODUCTION"])
def test_no_tokens_in_production(value: str, policy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATUSWARE_ENV", value)
    with pytest.raises(PolicyError, match="production"):
        run(token, "ann", "--policy", policy)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read"),
        ("[", "is not TOML"),
        (f"a = {'[' * 5000}", "is not TOML"),
        ("", "has a secret"),
        ('[auth.bearer]\njwks = "https://id/"', "has a secret"),
        ('[auth.bearer]\nsecret = "short"', "too short"),
        ('[auth.bearer]\nsecret = {env = "NOT_SET"}', "p.toml: auth.bearer.secret.env: the env"),
        ('[[auth.bearer]]\nsecret = {env = "NOT_SET"}', "p.toml: auth.bearer[0].secret.env: the"),
        ('[auth.bearer]\nsecret = "x"\nusr = 1', "p.toml: auth.bearer.usr: unknown option; did"),
        ("auth = 5", "has a secret"),
        ("[auth]\nbearer = 5", "has a secret"),
    ],
)
def test_what_token_refuses(text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(PolicyError) as caught:
        run(token, "ann", "--policy", path)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([""], "USER: must be a name"),
        ([" "], "USER: must be a name"),
        (["a\nb"], "USER: must be a name"),
        (["a\x85b"], "USER: must be a name"),
        (["ann", "--role", "a\x00"], "--role: must be a name"),
        (["ann", "--role", ""], "--role: must be a name"),
        (["ann", "--scope", "x y"], "--scope: 'x y' is no scope; printable ASCII"),
    ],
    ids=str,
)
def test_no_tokens_that_no_policy_accepts(args: list[str], told: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(f'[auth.bearer]\nsecret = "{SECRET}"\n')
    with pytest.raises(PolicyError) as caught:
        run(token, *args, "--policy", path)
    assert str(caught.value).startswith(told)

"""What a server of `tests.proof.faulty_app` stands on: its files, and who may pass with them."""

import base64
import contextlib
import hashlib
import json
import shutil
import subprocess
import time

from tests.proof.exchange import request
from tests.proof.provider import Signer
from tests.proof.traffic import send
from tests.proof.wire_app import HASH, PASSWORD

__all__ = ["FILES", "World", "full_disk"]

POLICY = """
[api]
reload = true

[auth.bearer]
jwks = "{folder}/keys.json"
algorithms = ["ES256"]

[auth.api_key]
keys = {{file = "{folder}/keys.toml"}}

[auth.basic]
users = {{file = "{folder}/users.htpasswd"}}

[[routes]]
match = "GET /hello"
"""
FILES = ("policy.toml", "keys.json", "keys.toml", "users.htpasswd")
KINDS = ("token", "API key", "password")


class World:
    """A folder with policy and keys, for the server on `port`."""

    def __init__(self, folder):
        self.folder, self.port = folder, None
        self.signers = [Signer("one"), Signer("two")]
        (folder / "log").mkdir()
        self.set_clock(0)
        for name in FILES:
            self.put(name, self.text(name, 0))

    def text(self, name, version):
        """What stands in a file; version 1 has other keys and another user."""
        if name == "policy.toml":
            return POLICY.format(folder=self.folder)
        if name == "keys.json":
            return json.dumps({"keys": [self.signers[version].public()]})
        if name == "users.htpasswd":
            return f"user{version}:{HASH}\n"
        digest = hashlib.sha256(api_key(version).encode()).hexdigest()
        return f'[[keys]]\nsubject = "robot"\nsha256 = "{digest}"\n'

    def put(self, name, text):
        """Write a file, whatever was there."""
        path = self.folder / name
        self.remove(name)
        path.write_text(text, "utf-8")

    def remove(self, name):
        """Take a file, or what is in its place, away."""
        path = self.folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)

    def set_clock(self, seconds):
        """Put the clock of the server forward or back."""
        new = self.folder / "clock.new"
        new.write_text(str(seconds), "ascii")
        new.rename(self.folder / "clock")

    def log(self):
        """What the server has logged."""
        path = self.folder / "log" / "statusware.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def credentials(self, version):
        """{kind: request with that credential}."""
        password = base64.b64encode(f"user{version}:{PASSWORD}".encode()).decode()
        return {
            "token": self.signers[version].request(),
            "API key": request("GET /hello", f"X-API-Key: {api_key(version)}"),
            "password": request("GET /hello", f"Authorization: Basic {password}"),
        }

    def statuses(self, version):
        """{kind: status} of each credential of a version."""
        return {kind: self.ask(data) for kind, data in self.credentials(version).items()}

    def ask(self, data):
        """The status of an answer."""
        return send(self.port, data).status


def api_key(version):
    """A key that a client sends."""
    return f"sw_key-of-version-{version}-that-is-long-enough"


@contextlib.contextmanager
def full_disk(path, size="64k"):
    """A tmpfs of this size, filled to the last byte; yields a function that makes room.

    `OSError` where this user may not mount one.
    """
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], capture_output=True
    )
    if done.returncode:
        raise OSError(done.stderr.decode().strip())
    filler = path / "filler"
    try:
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        yield filler.unlink
    finally:
        for _ in range(20):  # whoever has a file open there may need a moment
            if subprocess.run(["umount", str(path)], capture_output=True).returncode == 0:
                break
            time.sleep(0.2)
        else:
            subprocess.run(["umount", "-l", str(path)], capture_output=True)

"""Files gone or broken, a full disk, a clock put back: a clear log, no pass, recovery.

python -m tests.proof.faults [--document]
"""

import argparse
import tempfile
import time
from pathlib import Path

from statusware import PolicyError
from statusware.auth.keyfile import add_key
from tests.proof import servers
from tests.proof.report import Section, program
from tests.proof.world import FILES, World, full_disk

__all__ = ["Row", "clock", "disk", "files", "start"]

KIND = "gunicorn sync"
APP = "tests.proof.faulty_app:make()"

#: Seconds after which a server has looked at its files again.
LOOKED = 1.4

GOOD = {"token": 200, "API key": 200, "password": 200}
NONE = dict.fromkeys(GOOD, 401)


class Row:
    """One fault: what was seen, against what was to be seen."""

    def __init__(self, fault):
        self.fault, self.told, self.wrong = fault, [], []

    def see(self, what, seen, wanted):
        """Note one thing."""
        if seen == wanted:
            self.told.append(what)
        else:
            self.wrong.append(f"{self.fault}: {what}: {seen}, not {wanted}")

    def cells(self):
        """For the table."""
        return self.fault, "; ".join(self.told), "no" if self.wrong else "yes"


def nobody_else(row, world):
    """Unknown credentials and none at all: refused, whatever is broken."""
    row.see("unknown credentials and none are refused", (world.statuses(1), _anonymous(world)),
            (NONE, 401))  # fmt: skip


def _anonymous(world):
    return world.ask(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


#: What is done to each of the files, and whose credentials go on counting.
BREAKING = {
    "gone": (World.remove, GOOD),
    "garbage": (lambda world, name: world.put(name, "\x00[[ garbage"), GOOD),
    "a folder in its place": (lambda world, name: (world.folder / name).mkdir(), GOOD),
    # An empty list of keys or users is one; an empty policy or key set is not.
    "emptied": (lambda world, name: world.put(name, ""), {**NONE, "token": 200}),
}


def files(world):
    """All files at once are gone, or broken, and come back; then others take their place."""
    for what, (breaks, wanted) in BREAKING.items():
        row = Row(f"policy, key set, API keys and users: {what}")
        said = len(world.log())
        for name in FILES:
            world.remove(name)
            breaks(world, name)
        time.sleep(LOOKED)
        told = "those known before still pass" if wanted == GOOD else "only tokens still pass"
        row.see(told, world.statuses(0), wanted)
        nobody_else(row, world)
        named = [name for name in FILES if name in world.log()[said:]]
        row.see("the log names each file", named, list(FILES))
        for name in FILES:
            world.put(name, world.text(name, 0))
        time.sleep(LOOKED)
        row.see("recovers", world.statuses(0), GOOD)
        yield row
    row = Row("other keys and users in their place")
    for name in FILES:
        world.put(name, world.text(name, 1))
    time.sleep(LOOKED)
    row.see("the new ones pass, the old ones do not", (world.statuses(1), world.statuses(0)),
            (GOOD, NONE))  # fmt: skip
    for name in FILES:
        world.put(name, world.text(name, 0))
    time.sleep(LOOKED)
    yield row


def clock(world):
    """The clock goes back an hour, and is put right again."""
    row = Row("the clock an hour back (`time.time` replaced in the process)")
    now, signer = int(time.time()), world.signers[0]
    fresh, old = signer.request(iat=now), signer.request(exp=now - 7200)
    row.see("a token passes, an old one does not", (world.ask(fresh), world.ask(old)), (200, 401))
    world.set_clock(-3600)
    row.see("those known before still pass", world.ask(fresh), 200)
    row.see("one issued since does not", world.ask(signer.request(iat=now)), 401)
    row.see("one that is older still does not", world.ask(old), 401)
    within = world.ask(signer.request(exp=now - 1800))
    row.see("one that expired within the hour counts again", within, 200)
    row.see("unknown credentials and none are refused", (world.statuses(1), _anonymous(world)),
            (NONE, 401))  # fmt: skip
    row.see("the log says so", "the clock went back by 3" in world.log(), True)
    world.set_clock(0)
    row.see("recovers", world.statuses(0), GOOD)
    row.see("and new tokens pass", world.ask(signer.request(iat=now)), 200)
    return row


def disk(world, folder):
    """A full disk under `statusware keys add`; the old file stays."""
    row = Row("disk full (a tmpfs of 64 KiB) under `statusware keys add`")
    try:
        with full_disk(folder) as make_room:
            file = folder / "keys.toml"
            make_room()
            add_key(file, "first")
            before = file.read_bytes()
            filler = folder / "filler"
            with filler.open("wb", buffering=0) as filling:
                _fill(filling)
            row.see(
                "says so", _refusal(file), f"{file}: cannot be written: No space left on device"
            )
            row.see("the old file stays", file.read_bytes(), before)
            row.see("nothing is left behind", sorted(p.name for p in folder.iterdir()),
                    ["filler", "keys.toml"])  # fmt: skip
            filler.unlink()
            row.see("recovers", _refusal(file), None)
    except OSError as error:
        row.told.append(f"not run: {error}")
    return row


def _fill(file):
    try:
        while True:
            file.write(b"x" * 4096)
    except OSError:
        return


def _refusal(file):
    try:
        add_key(file, "second")
    except PolicyError as error:
        return str(error)
    return None


def log_disk(world):
    """A full disk under the log: requests are answered as before."""
    row = Row("disk full (a tmpfs of 64 KiB) under the log")
    room = world.full
    if isinstance(room, OSError):
        row.told.append(f"not run: {room}")
        return row
    row.see("known credentials pass", world.statuses(0), GOOD)
    nobody_else(row, world)
    room()
    world.ask(b"GET /after HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(0.2)
    row.see("the log goes on as soon as there is room", "/after" in world.log(), True)
    return row


def start(folder):
    """Without a file that the policy names, nothing starts; with it, it does."""
    row = Row("a file gone at the start")
    for name in FILES:
        where = folder / name.replace(".", "-")
        where.mkdir()
        world = World(where)
        world.remove(name)
        try:
            with servers.running(KIND, APP, STATUSWARE_FOLDER=str(where)) as server:
                row.wrong.append(f"{row.fault}: {name}: starts on port {server.port}")
        except AssertionError as error:
            named = name in str(error) and "cannot be read" in str(error)
            row.see(f"{name}: one line says so", named, True)
        world.put(name, world.text(name, 0))
        with servers.running(KIND, APP, STATUSWARE_FOLDER=str(where)) as server:
            world.port = server.port
            row.see("then starts", world.statuses(0), GOOD)
    row.told = list(dict.fromkeys(row.told))
    return row


def run(long=False):
    """The rows, one after another."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "world").mkdir()
        (folder / "disk").mkdir()
        world = World(folder / "world")
        with servers.running(KIND, APP, STATUSWARE_FOLDER=str(world.folder)) as server:
            world.port = server.port
            yield from files(world) if long else ()
            yield clock(world)
        yield disk(world, folder / "disk")
        yield from _logging(folder)
        if long:
            (folder / "start").mkdir()
            yield start(folder / "start")


def _logging(folder):
    (folder / "full").mkdir()
    world = World(folder / "full")
    try:
        with (
            full_disk(world.folder / "log") as world.full,
            servers.running(KIND, APP, STATUSWARE_FOLDER=str(world.folder)) as server,
        ):
            world.port = server.port
            yield log_disk(world)
    except OSError as error:
        world.full = error
        yield log_disk(world)


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    section = Section("faults", "gunicorn", "PyJWT", "bcrypt", command="make faults")
    section.row("fault", "seen", "as it should be")
    wrong = []
    for row in run(long=True):
        section.row(*row.cells())
        wrong += row.wrong
    section.end(options.document, wrong)
    return len(wrong)


if __name__ == "__main__":
    program(main)

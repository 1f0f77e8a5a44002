"""Random apps, policies and requests: what a framework dispatches, the policy has allowed.

    python -m tests.bypass.fuzz --cases 1000000 [--seed 1] [--document]

Every case is one request, sent to a bare app and to the wrapped one. The oracle is what the
framework itself dispatched: method, handler, and the path with the values that it read. The
bare app is the control: its doors are the requests that it served and the policy forbids.

What has been run stands in .fuzz, by seed: a run that was interrupted goes on from there, as
long as the code that decides is the same, and the table is of all seeds together.
"""

import argparse
import hashlib
import json
import logging
import random
import sys
import time
from collections import Counter
from pathlib import Path

from statusware import Identity, wrap
from tests.bypass.apps import FRAMEWORKS, App, environ, leaks, overriding
from tests.bypass.corpus import HEADERS
from tests.proof.report import Section
from tests.rules import oracle

__all__ = ["Setup", "bob", "main"]

ROOT = Path(__file__).parent.parent.parent
KEPT = ROOT / ".fuzz"

#: The code that matches and decides.
DECIDING = ("request.py", "rules", "layers/guard.py", "layers/routing.py", "layers/access.py",
            "layers/authentication.py", "auth/authenticator.py")  # fmt: skip

#: Requests to each app and policy.
EACH = 100

SEGMENTS = ("a", "b", "1", "7", "{v}", "{v:int}", "{v:uuid}")
UUID = "0b8f3f6e-0000-4000-8000-00000000abcd"
VALUES = (
    *"a b 1 7 A +7 -7 07 7_1 \u0667 \uff17 % %61 a.b ... \u00e9".split(),
    *("7 ", " ", "x y", UUID, UUID.upper(), UUID.replace("-", ""), "{" + UUID + "}"),
)
#: What is put anywhere into a path: as Latin-1, as a server would.
JUNK = (
    *r"/ // /./ /../ .. . ; ;x \ %2f %2e %252f ? # /x/.. %0a % ~ *".split(),
    *("\n", "\r", "\0", "\t", "\x7f", "\xff", " ", "\xc0\xaf", "\xc2\x85"),
    *("\xef\xbf\xbd", "\xe2\x80\xa8", "\xed\xa0\x80"),
)
METHODS = "GET GET GET HEAD POST PUT DELETE OPTIONS PATCH TRACE get FOO".split()


def bob(environ):
    """Half of the requests are those of somebody who is known, and has no role."""
    return Identity("bob", "session") if "test.bob" in environ else None


class Setup:
    """An app of a framework, a policy over it, and the app wrapped. `rng` makes the choices."""

    def __init__(self, rng):
        self.rng = rng
        self.framework = rng.choice(list(FRAMEWORKS))
        self.routes = self._routes()
        self.app = App(self.framework, self.routes, **self._options())
        self.rules = [(methods or ("*",), pattern) for methods, pattern in self._listed()]
        self.open = {at for at in range(len(self.rules)) if rng.random() < 0.4}
        self.unlisted = rng.choice(["reject", "pass"])
        self.bare = overriding(self.app) if rng.random() < 0.3 else self.app
        self.wrapped = wrap(self.bare, self._policy())

    def _routes(self):
        rng, made = self.rng, []
        for _ in range(rng.randint(1, 6)):
            segments = [rng.choice(SEGMENTS) for _ in range(rng.randint(0, 3))]
            if rng.random() < 0.2:
                segments.append("{v:path}")
            # Names go by place: Falcon and Bottle want siblings to share them.
            named = [
                s.replace("v", f"v{at}", 1) if s[0] == "{" else s for at, s in enumerate(segments)
            ]
            methods = None if rng.random() < 0.2 else tuple(
                rng.sample(("GET", "POST", "PUT", "DELETE"), rng.randint(1, 2)))  # fmt: skip
            made.append((methods, "/" + "/".join(named)))
        kept = []
        for methods, pattern in made:
            kinds = oracle.kinds(pattern)
            same = [m for m, p in kept if oracle.kinds(p) == kinds]
            if not any(m is None or methods is None or set(m) & set(methods) for m in same):
                kept.append((methods, pattern))
        return kept

    def _options(self):
        rng = self.rng
        flags = {
            "flask": ("strict_slashes", "merge_slashes"),
            "falcon": ("strip",),
        }.get(self.framework, ())
        return {flag: rng.random() < 0.5 for flag in flags}

    def _listed(self):
        """Most of the app's routes, and now and then one that the app does not have."""
        listed = [route for route in self.routes if self.rng.random() < 0.85]
        return listed or self.routes

    def _policy(self):
        return {
            "api": {"unlisted": self.unlisted, "mount": ""},
            "auth": {"session": {"verify": f"{__name__}:bob", "challenge": "Session"}},
            "routes": [
                {"match": f"{','.join(methods)} {pattern}",
                 "allow": "everyone" if at in self.open else "role:admin"}
                for at, (methods, pattern) in enumerate(self.rules)
            ],
        }  # fmt: skip

    def request(self):
        """A request near one of the routes: (PATH_INFO, method, more environ keys)."""
        rng = self.rng
        methods, path = rng.choice(self.routes)
        parts = [
            rng.choice(VALUES) if p[:1] == "{" or rng.random() < 0.1 else p for p in path.split("/")
        ]
        parts[0] = ""
        raw = "/".join(parts).encode().decode("latin-1")
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            at = rng.randint(0, len(raw))
            raw = raw[:at] + rng.choice(JUNK) + raw[at:]
        more = rng.choice(HEADERS) if rng.random() < 0.2 else {}
        more = {**more, "test.bob": True} if rng.random() < 0.5 else more
        method = rng.choice(methods if methods and rng.random() < 0.5 else METHODS)
        return raw, method, more

    def case(self):
        """One request: (the door that the bare app has open, what leaks through the policy)."""
        path, method, more = self.request()
        slash = path.endswith("/")
        try:
            bare, _ = self.app.dispatch(environ(path, method, **more), self.bare)
        except Exception:
            bare = []
        door = leaks(bare, self.rules, self.open, self.unlisted, slash)
        reached, status = self.app.dispatch(environ(path, method, **more), self.wrapped)
        found = leaks(reached, self.rules, self.open, self.unlisted, slash)
        told = {"framework": self.framework, "routes": self.routes, "rules": self.rules,
                "open": self.open, "unlisted": self.unlisted, "path": path, "method": method,
                "more": more, "status": status, "reached": reached}  # fmt: skip
        return bool(door), bool(reached), told if found else None


def make_setup(rng):
    """A setup that the framework accepts (Falcon refuses some combinations of routes)."""
    while True:
        try:
            return Setup(rng)
        except ValueError:
            continue


class Count:
    """What has been run with one seed."""

    def __init__(self, seed):
        self.seed, self.code = seed, code()
        self.file = KEPT / f"bypass-{seed}.json"
        self.counts = Counter()
        if self.file.exists():
            kept = json.loads(self.file.read_text())
            if kept["code"] == self.code:
                self.counts.update(kept["counts"])

    def cases(self):
        return sum(n for name, n in self.counts.items() if name.endswith(" cases"))

    def keep(self):
        """Write it down, whole or not at all."""
        self.file.parent.mkdir(exist_ok=True)
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps({"code": self.code, "counts": self.counts}))
        new.replace(self.file)


def code():
    """A digest of the code that decides."""
    digest = hashlib.sha256()
    for name in DECIDING:
        path = ROOT / "statusware" / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def run(count, cases):
    """Go on up to so many cases. Each app and policy has a seed of its own."""
    while count.cases() < cases:
        at = count.cases() // EACH
        setup = make_setup(random.Random(f"{count.seed} {at}"))
        name = setup.framework
        for _ in range(EACH):
            door, reached, leak = setup.case()
            count.counts[f"{name} doors"] += door
            count.counts[f"{name} served"] += reached
            if leak:
                count.counts[f"{name} leaks"] += 1
                print(f"LEAK (seed {count.seed}, app {at}): {leak}", flush=True)
        count.counts[f"{name} cases"] += EACH
        if at % 100 == 99:
            count.keep()
    count.keep()


def table(counts):
    """What was run with all seeds, by framework."""
    section = Section("bypasses", *FRAMEWORKS, command="make fuzz")
    section.row("framework", "requests", "the bare app served what the policy forbids",
                "served behind the policy", "bypasses")  # fmt: skip
    rows = [[counts[f"{name} {what}"] for what in ("cases", "doors", "served", "leaks")]
            for name in FRAMEWORKS]  # fmt: skip
    for name, row in zip(FRAMEWORKS, rows, strict=True):
        section.row(name, *(f"{n:,}" for n in row))
    section.row("all", *(f"{sum(column):,}" for column in zip(*rows, strict=True)))
    return section


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--document", action="store_true")
    options = parser.parse_args(argv)
    seed = random.randrange(2**32) if options.seed is None else options.seed
    logging.disable(logging.CRITICAL)
    count, started = Count(seed), time.monotonic()
    run(count, options.cases)
    counts = count.counts
    doors, served, leaked = (
        sum(n for name, n in counts.items() if name.endswith(what))
        for what in (" doors", " served", " leaks")
    )
    print(
        f"{count.cases()} cases (seed {seed}, {time.monotonic() - started:.0f} s of this run): "
        f"the bare apps had {doors} doors open, the wrapped ones served {served}; leaks: {leaked}"
    )
    if options.document:
        every = [Count(file.stem.removeprefix("bypass-")) for file in KEPT.glob("bypass-*.json")]
        table(sum((each.counts for each in every), Counter())).end(document=True)
    return 1 if leaked or not doors or not served else 0


if __name__ == "__main__":
    sys.exit(main())

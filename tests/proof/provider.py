"""An identity provider that is down, slow, talks garbage, rotates its keys, under load.

python -m tests.proof.provider [--seconds 35] [--pause 30] [--document]
"""

import argparse
import json
import random
import time
from itertools import pairwise

from tests.auth.provider import Provider
from tests.proof import servers
from tests.proof.exchange import request
from tests.proof.report import Section, program
from tests.proof.traffic import Ask, Traffic, busy, percentile, send

__all__ = ["PHASES", "run", "too_early", "too_old"]

KIND = "gunicorn gthread"

#: What the provider does in each phase, and whether its set has the new key.
PHASES = (
    ("well", "good", False), ("down", "hang_up", False), ("slow", "slow", False),
    ("dripping", "drip", False), ("garbage", "garbage", False), ("a login page", "garbage_body", False),
    ("100 MB", "huge", False), ("rotating", "good", True), ("well again", "good", True),
)  # fmt: skip


class Timed(Provider):
    """A provider that notes when it is asked."""

    def __init__(self):
        super().__init__()
        self.times = []

    def _answer(self, connection):
        self.times.append(time.monotonic())
        super()._answer(connection)


class Signer:
    """A key of the provider's, with tokens that it has signed."""

    def __init__(self, kid):
        from cryptography.hazmat.primitives.asymmetric import ec

        self.kid, self.key = kid, ec.generate_private_key(ec.SECP256R1())

    def public(self):
        """The key as a member of a set."""
        from jwt.algorithms import ECAlgorithm

        made = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**made, "kid": self.kid, "alg": "ES256", "use": "sig"}

    def request(self, kid=None, **claims):
        """A request with a token of this key."""
        import jwt

        members = {"sub": "ann", "exp": int(time.time()) + 86400, "jti": random.random(), **claims}
        made = jwt.encode(members, self.key, "ES256", headers={"kid": kid or self.kid})
        return request("GET /hello", f"Authorization: Bearer {made}")


def is_one_of(*statuses):
    """A check."""

    def check(answer):
        return None if answer.status in statuses else f"{answer.status}, not {statuses}"

    return check


def asks(old, new, other):
    """Known keys, a key that may not be known yet, keys that nobody knows, forgeries."""
    known, refused, perhaps = is_one_of(200), is_one_of(401), is_one_of(200, 401, 503)
    return [
        *(Ask("known", old.request(), known) for _ in range(100)),
        *(Ask("new", new.request(), perhaps) for _ in range(20)),
        *(Ask("unknown", other.request(f"k{n}"), is_one_of(401, 503)) for n in range(20)),
        *(Ask("forged", other.request("old"), refused) for _ in range(10)),
        *(Ask("expired", old.request(exp=1), refused) for _ in range(5)),
        *(Ask("anonymous", request("GET /hello"), refused) for _ in range(5)),
    ]


def run(seconds, pause, phases=PHASES):
    """The traffic, the times of the provider's requests by phase, and faults."""
    old, new, other = Signer("old"), Signer("new"), Signer("other")
    provider, asked = Timed(), {}
    variables = {"STATUSWARE_PROVIDER": provider.url, "STATUSWARE_PAUSE": str(pause)}
    options = ("--threads", "8")
    try:
        provider.body = json.dumps({"keys": [old.public()]}).encode()
        target = "tests.proof.keyed_app:make()"
        with (
            servers.running(KIND, target, *options, **variables) as server,
            Traffic(server.port, asks(old, new, other)) as traffic,
        ):
            for phase, mode, rotated in phases:
                before = len(provider.times)
                signers = [old, new] if rotated else [old]
                provider.body = json.dumps({"keys": [s.public() for s in signers]}).encode()
                provider.mode, traffic.phase = mode, phase
                time.sleep(seconds)
                asked[phase] = len(provider.times) - before
            last = send(server.port, new.request()).status
    finally:
        provider.close()
    faults = too_early(provider.times, pause)
    if last != 200:
        faults.append(f"{last} for the new key in the end")
    return traffic, asked, faults


def too_old(pause):
    """A provider that is down for longer than its set counts: the traffic, and faults.

    The set counts for twice the pause; tokens pass until then, and never after that.
    """
    signer, provider, faults = Signer("old"), Timed(), []
    provider.body = json.dumps({"keys": [signer.public()]}).encode()
    mix = [Ask("known", signer.request(), is_one_of(200, 503)) for _ in range(20)]
    mix.append(Ask("anonymous", request("GET /hello"), is_one_of(401)))
    variables = {"STATUSWARE_PAUSE": str(pause), "STATUSWARE_MAX_AGE": str(2 * pause)}
    try:
        with (
            servers.running(KIND, "tests.proof.keyed_app:make()", "--threads", "8",
                            STATUSWARE_PROVIDER=provider.url, **variables) as server,
            Traffic(server.port, mix) as traffic,
        ):  # fmt: skip
            time.sleep(0.2)
            for mode, wait, wanted in (
                ("good", pause / 2, 200), ("hang_up", pause / 2, 200),
                ("hang_up", 2.2 * pause, 503), ("good", 1.5 * pause, 200),
            ):  # fmt: skip
                provider.mode = mode
                time.sleep(wait)
                got = send(server.port, signer.request()).status
                if got != wanted:
                    faults.append(f"{got}, not {wanted}, {wait:.1f} s after it was {mode}")
    finally:
        provider.close()
    return traffic, [*faults, *too_early(provider.times, pause)]


def too_early(times, pause):
    """Fetches that came before the pause was over."""
    gaps = [after - before for before, after in pairwise(times)]
    return [f"fetched again after {gap:.1f} s" for gap in gaps if gap < pause - 0.1]


def main(argv=None):
    """Run, print, and return the number of faults."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=35)
    parser.add_argument("--pause", type=float, default=30)
    parser.add_argument("--document", action="store_true", help="write docs/reliability.md")
    options = parser.parse_args(argv)
    traffic, asked, faults = run(options.seconds, options.pause)
    command = f"make faults SECONDS={options.seconds:g}"
    section = Section("provider", "gunicorn", "PyJWT", "urllib3", command=command)
    section.row("the provider is", "fetches", "requests", "wrong", "known keys: median", "p99")
    for phase, _, _ in PHASES:
        rows = {name: times for (at, name), times in traffic.times.items() if at == phase}
        wrong = sum(each.startswith(phase + " ") for each in traffic.wrong)
        known = rows.get("known", [])
        section.row(phase, asked[phase], f"{sum(map(len, rows.values())):,}", wrong,
                    f"{percentile(known, 0.5) * 1000:.1f} ms",
                    f"{percentile(known) * 1000:.1f} ms")  # fmt: skip
    section.note(
        f"{options.seconds:.0f} seconds each, at least {options.pause:.0f} between two fetches, "
        f"one gthread worker of eight threads, four clients that sign nothing; {busy()}."
    )
    old, old_faults = too_old(options.pause)
    section.note(
        f"Down for longer than its set counts (`max_age`, {2 * options.pause:.0f} seconds): tokens "
        f"pass until then, are answered 503 after that, and pass again once it is well; "
        f"{old.sent:,} requests, {len(old.wrong) + len(old.failed) + len(old_faults)} wrong."
    )
    every = [*traffic.failed, *traffic.wrong, *faults, *old.failed, *old.wrong, *old_faults]
    section.end(options.document, every[:20])
    return len(every)


if __name__ == "__main__":
    program(main)

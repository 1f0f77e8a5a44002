"""The table of events: every record that statusware logs is of one of these rows.

Whoever logs takes the row from here, so that level and message are those of the table; the
documentation is made from it, and a test makes every one of them happen.
"""

from __future__ import annotations

from logging import CRITICAL, DEBUG, ERROR, INFO, WARNING

from .event import Event

__all__ = ["EVENTS"]

_REQUEST = ("method", "path", "route?", "user?", "request_id")
_DECIDED = ("layer", "status", "code", *_REQUEST)
_RAISED = ("layer", "exception", *_REQUEST)

_ENVELOPE = "statusware.envelope"
_ROUTING = "statusware.routing"
_CREDENTIALS = "statusware.authentication"
_ACCESS = "statusware.access"
_BODY = "statusware.body"
_POLICY = "statusware.policy"
_LINE = "%d %s: %r %r [%s]"

# Requests that a layer refuses. The guards tell these themselves.
ROUTING = Event(
    "refused", _ROUTING, INFO, _LINE, _DECIDED, "`Routing` answers 400, 404, 405 or 501"
)
ACCESS = Event("refused", _ACCESS, INFO, _LINE, _DECIDED, "`AccessControl` answers 401, 403 or 404")
BODY = Event("refused", _BODY, INFO, _LINE, _DECIDED, "`JSONBody` answers 400, 411, 413, 415, 422")
CREDENTIALS = Event(
    "credentials-refused", _CREDENTIALS, INFO, "%s: %s (%s)", (*_DECIDED, "reason"),
    "credentials are missing or bad; on a route that is open to everyone the request goes on",
)  # fmt: skip
UNVERIFIED = Event(
    "credentials-unverified", _CREDENTIALS, WARNING, "%s: %s (%s)", (*_DECIDED, "reason"),
    "credentials cannot be verified at the moment",
)  # fmt: skip
MOUNT = Event(
    "mount-unexpected", _ROUTING, WARNING, "SCRIPT_NAME %r is not in [api] mount",
    ("layer", *_REQUEST), "the server mounts the app where the policy does not expect it",
)  # fmt: skip
MALFORMED = Event(
    "environ-malformed", _ENVELOPE, ERROR, "no environ, as PEP 3333 has it: %s",
    ("status", "code", *_RAISED), "a server, or middleware outside, puts what is no text where"
    " text has to be, and a layer cannot read it", traceback=True,
)  # fmt: skip

# What the app raises or answers.
FAILED = Event(
    "failed", _ENVELOPE, ERROR, "%r failed [%s]", ("status", "code", *_RAISED),
    "an exception becomes a 5xx", traceback=True,
)  # fmt: skip
MIDSTREAM = Event(
    "failed-midstream", _ENVELOPE, ERROR, "%r failed after its response had begun [%s]",
    _RAISED, "an exception comes too late to be answered", traceback=True,
)  # fmt: skip
BARE = Event(
    "app-5xx", _ENVELOPE, WARNING, "%r was answered %d by the app [%s]",
    ("layer", "status", *_REQUEST), "the app answers a 5xx of its own, and no exception is known",
)  # fmt: skip
TRANSLATED = Event(
    "translated", _ENVELOPE, INFO, "%r: %s [%s]", ("status", "code", *_RAISED),
    "an exception becomes the 4xx that `[errors]` names, or the server means",
)  # fmt: skip
UNCLOSED = Event(
    "close-failed", _ENVELOPE, ERROR, "close() of the app's response failed [%s]",
    _RAISED, "a response that is not used any more cannot be closed", traceback=True,
)  # fmt: skip
RENDERER_FAILED = Event(
    "renderer-failed", _ENVELOPE, ERROR, "the renderer failed; using the default",
    ("status", "code", *_RAISED), "a renderer of the app's own raises", traceback=True,
)  # fmt: skip
RENDERER_ANSWER = Event(
    "renderer-answer", _ENVELOPE, ERROR,
    "the renderer answered no (content type, bytes); using the default",
    _DECIDED, "a renderer of the app's own returns something else",
)  # fmt: skip
PAGELESS = Event(
    "code-undeclared", _ENVELOPE, WARNING,
    "the code %r has no page: declare it, as [problems.%s]", _DECIDED,
    "with a path for `types`, the app uses a code that neither we nor `[problems]` know",
)  # fmt: skip
UNTOLD = Event(
    "extension-untold", _ENVELOPE, ERROR, "an extension of a problem cannot be told",
    ("exception",), "an extension is an object that cannot be shown", traceback=True,
)  # fmt: skip
UNRESOLVED = Event(
    "errors-unresolved", _ENVELOPE, WARNING, "[errors] %r %s",
    (), "a module that is imported late has no exception of the name that `[errors]` lists",
)  # fmt: skip

# Code of the app's own that the layers call.
PREDICATE_FAILED = Event(
    "predicate-failed", _ACCESS, ERROR, "the predicate %s failed; that is a refusal",
    _RAISED, "a predicate raises", traceback=True,
)  # fmt: skip
PREDICATE_ANSWER = Event(
    "predicate-answer", _ACCESS, ERROR, "the predicate %s answered %s, no bool; that is a refusal",
    ("layer", *_REQUEST), "a predicate returns something else than True or False",
)  # fmt: skip
VERIFIER_FAILED = Event(
    "verifier-failed", _CREDENTIALS, ERROR, "the verifier of %s failed",
    _RAISED, "the `verify` of a scheme raises", traceback=True,
)  # fmt: skip
VERIFIER_ANSWER = Event(
    "verifier-answer", _CREDENTIALS, ERROR, "the verifier of %s returned no Identity",
    ("layer", *_REQUEST), "the `verify` of a scheme returns something else",
)  # fmt: skip
CHECK_FAILED = Event(
    "check-failed", _CREDENTIALS, ERROR, "the check of %s failed",
    ("layer", "exception"), "the `check` of a scheme raises", traceback=True,
)  # fmt: skip
TEARDOWN = Event(
    "teardown-failed", "statusware.flask", ERROR, "a teardown function failed",
    ("exception", *_REQUEST), "a teardown function of a Flask app raises in a context of ours",
    traceback=True,
)  # fmt: skip

CLOCK = Event(
    "clock-went-back", _CREDENTIALS, WARNING,
    "the clock went back by %d seconds: until it is right, credentials that have expired"
    " since may count again, and new ones may not count yet",
    (), "a token is read, and the clock is more than a minute behind what it was",
)  # fmt: skip

# Keys, users and policies that are read again while the server runs.
FILE_READ = Event(
    "file-read", _CREDENTIALS, INFO, "%s has been read again", (), "a changed file is taken over"
)
FILE_KEPT = Event(
    "file-kept", _CREDENTIALS, ERROR, "%s: the old version stays in use: %s",
    (), "a changed file of users or keys cannot be used",
)  # fmt: skip
USER_UNUSABLE = Event(
    "user-unusable", _CREDENTIALS, WARNING,
    "line %d of the users: not a bcrypt hash, nobody can use it",
    (), "a file of users has a line that is no use",
)  # fmt: skip
KEY_UNUSED = Event(
    "key-unused", _CREDENTIALS, WARNING, "a key of the set is not used: %s",
    (), "a key set holds a key that cannot be used",
)  # fmt: skip
KEYS_UNFETCHED = Event(
    "keys-unfetched", _CREDENTIALS, WARNING, "the key set could not be fetched: %s",
    (), "the identity provider does not answer, or not with keys",
)  # fmt: skip
KEYS_FAILED = Event(
    "keys-failed", _CREDENTIALS, ERROR, "the key set could not be fetched",
    ("exception",), "fetching fails in an unexpected way", traceback=True,
)  # fmt: skip
NO_THREAD = Event(
    "keys-no-thread", _CREDENTIALS, ERROR, "no thread for fetching the key set",
    ("exception",), "the process can start no more threads", traceback=True,
)  # fmt: skip
POLICY_READ = Event(
    "policy-read", _POLICY, INFO, "%s has changed and is in force",
    (), "`[api] reload`: a changed policy is taken over",
)  # fmt: skip
POLICY_KEPT = Event(
    "policy-kept", _POLICY, ERROR, "%s; the policy from before goes on",
    (), "`[api] reload`: a changed policy cannot be used",
)  # fmt: skip

METRICS_FAILED = Event(
    "metrics-failed", "statusware.metrics", ERROR, "requests cannot be counted; told once",
    ("exception",), "the metrics cannot be written, to a full disk for instance", traceback=True,
)  # fmt: skip

# The start.
EXPLAINING = Event(
    "explaining", _CREDENTIALS, WARNING,
    "explain is on: clients are told why credentials are refused", (), "`[auth] explain` is on",
)  # fmt: skip
ROUTES_UNREAD = Event(
    "routes-unread", _POLICY, ERROR, "the routes of the app cannot be read",
    ("exception",), "the routes of the app cannot be compared with the policy", traceback=True,
)  # fmt: skip
UNCOVERED = Event(
    "routes-uncovered", _POLICY, WARNING,
    "routes of the app without a rule: %d; `statusware check` names them",
    (), "the app has routes that no rule lists",
)  # fmt: skip
DEVELOPMENT = Event(
    "development-server", _POLICY, WARNING,
    "gunicorn is not installed: this is Werkzeug's server, not for production",
    (), "`statusware serve` finds no gunicorn",
)  # fmt: skip
UNSERVED = Event(
    "nothing-served", _POLICY, CRITICAL, "%s; nothing is served",
    (), "`[api] audit`: the app has registered routes that no rule lists",
)  # fmt: skip

# Trials, traces, findings.
REPORTED = Event(
    "would-refuse", "statusware.report", WARNING, "%s",
    _DECIDED, "`[api] report`: what a layer on trial would have answered first, as JSON",
)  # fmt: skip
TRIAL_FAILED = Event(
    "trial-failed", "statusware.report", ERROR, "%s failed on trial",
    _RAISED, "`[api] report`: a layer on trial raises", traceback=True,
)  # fmt: skip
TRACED = Event(
    "trace", "statusware.trace", DEBUG, "[%s] %s: %s: %s",
    ("layer", *_REQUEST), "a layer has decided; one record for each",
)  # fmt: skip
LINTED = tuple(
    Event(f"lint-{severity}", "statusware.lint", level, "%s",
          ("status", "method", "path"), f"`StatusLint` has found {what}")
    for severity, level, what in (
        ("error", ERROR, "an error"), ("warning", WARNING, "a fault"), ("advice", INFO, "a flaw"),
    )
)  # fmt: skip
WORKER = Event(
    "server-answered",
    "gunicorn.error",
    WARNING,
    "Answered %s [%s]",
    ("status", "code", "method", "request_id"),
    "one of our gunicorn workers answers what never reached the app",
)

#: All of them, in reading order.
EVENTS = (
    ROUTING, CREDENTIALS, UNVERIFIED, ACCESS, BODY, FAILED, MIDSTREAM, BARE, TRANSLATED,
    MALFORMED, PREDICATE_FAILED, PREDICATE_ANSWER, VERIFIER_FAILED, VERIFIER_ANSWER, CHECK_FAILED,
    RENDERER_FAILED, RENDERER_ANSWER, PAGELESS, UNTOLD, UNCLOSED, TEARDOWN, MOUNT, UNRESOLVED,
    CLOCK, FILE_READ, FILE_KEPT, USER_UNUSABLE, KEY_UNUSED, KEYS_UNFETCHED, KEYS_FAILED, NO_THREAD,
    POLICY_READ, POLICY_KEPT, METRICS_FAILED, EXPLAINING, ROUTES_UNREAD, UNCOVERED, UNSERVED,
    DEVELOPMENT, REPORTED, TRIAL_FAILED, TRACED, *LINTED, WORKER,
)  # fmt: skip

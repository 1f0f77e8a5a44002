"""Where the fuzzing of readers starts: inputs, and words that go into them."""

import json

__all__ = [
    *("ACCEPTS", "BODIES", "CREDENTIALS", "INSTANCES", "IN_ACCEPT", "IN_CREDENTIALS", "IN_JSON"),
    *("IN_PATHS", "IN_POLICIES", "IN_REQUESTS", "IN_SCHEMAS", "IN_TOKENS", "JSONS", "PATHS"),
    *("POLICIES", "REQUESTS", "SCHEMAS", "SCHEMA_TEXTS", "TOKENS", "whole"),
]

PATHS = [
    *(b"/", b"/a", b"/a/", b"/a/7/b", b"/a/b/c", b"/u/0b8f3f6e-0000-4000-8000-00000000abcd"),
    *(b"/f/x/y/z", b"//a", b"/a/../b", b"/a/./b", b"/a;x=1/b", b"/a%2fb", b"/a\\b", b"/\xc3\xa9"),
    *(b"/\xff", b"/a?_method=PUT", b"/a?%5fmethod=put;_method=GET", b"/a/007", b"/a/+7 "),
    *(b"/\xd9\xa7", b"/u/0b8f3f6e000040008000 00000000abcd", b"/a\n", b"", b"a", b"/a/7_7/b"),
]
IN_PATHS = [
    *(b"/..", b"/./", b"%2e", b"%252f", b"..;", b";x", b"\\", b"\xc0\xaf", b"\xe2\x80\xa8"),
    *(b"\xef\xbf\xbd", b"\xc2\x85", b"_method=", b"%5F", b"\xd9\xa7", b"{", b"-0000-4000-8000-"),
]

CREDENTIALS = [
    *(b"Bearer a.b.c", b"Basic YW5uOnNlY3JldA==", b"Basic YW5uOng=", b"Basic YW5u", b"basic  YQ"),
    *(b'Digest username="ann", realm="a\\"b", nc=1', b"Bearer a, Basic b", b"Bearer", b""),
    *(b'Bearer {"payload": "x"}', b"Negotiate YII=", b'Basic YW5uOg==, x="', b"A a = b , c=d"),
]
IN_CREDENTIALS = [b"Bearer ", b"Basic ", b'="', b'\\"', b", ", b"==", b"YW5uO", b"=", b"{", b"}"]

_END = b'"exp":4102444800'
TOKENS = [
    b"s" + b'{"alg":"HS256","typ":"JWT"}\n{"sub":"ann",' + _END + b"}",
    b"s" + b'{"alg":"HS256","typ":"at+jwt","kid":"a"}\n{"sub":"ann","iss":"we","aud":["us"],'
    b'"client_id":"c","iat":1,"jti":"j",' + _END + b"}",
    b"p" + b'x\n{"sub":7,"iss":"we","aud":"us","type":"a","realm":{"roles":["r"]},"scope":"a b",'
    b'"nbf":1.5,' + _END + b"}",
    b"s" + b'{"alg":"none"}\n{}',
    b"s" + b'{"alg":"HS256","crit":["b64"],"b64":false,"jwk":{},"jku":""}\n[]',
    b"p" + b'x\n{"sub":"\\ud800","a":1e999,"a":NaN,"exp":99999999999999999999999}',
    b"r" + b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.c2ln",
    b"r" + b"..",
]
IN_TOKENS = [
    *(b'"alg"', b'"HS256"', b'"typ"', b'"JWT"', b'"kid"', b'"crit"', b'"b64"', b'"exp"', b'"nbf"'),
    *(b'"iat"', b'"iss"', b'"aud"', b'"sub"', b'"roles"', b'"scope"', b'"client_id"', b'"jti"'),
    *(b'"realm"', b"4102444800", b"1e999", b"-1", b"null", b"true", b"[", b"]", b"{", b"}", b":"),
    *(b"\\ud800", b"9007199254740993", b"\n", b'"x5c"', b"NaN", b'"application/at+jwt"'),
]

JSONS = [
    *(b"{}", b"[]", b"null", b"true", b"false", b"0", b"-0.0", b"1e5", b'"a"', b'{"a":1,"b":[2]}'),
    *(b'{"a":1,"a":2}', b"[1,]", b"NaN", b"1e999", b'"\\ud800"', b'"\\ud83d\\ude00"', b'"\xff"'),
    *(b"18446744073709551616", b"-9223372036854775809", b" [ 1 ,\n2 ] ", b"\xef\xbb\xbf{}"),
    *(
        b'{"a\\u003a":{"":[[[]]]}}',
        b"[" * 65 + b"]" * 65,
        b'{"a":"\\u0000"}',
        b"1.7976931348623159e308",
    ),
    *(b'"\xc3\xa9"', b"[0.1e-7,1E+2,-1]", b'{"\\u0061":1,"a":2}', b"9" * 4301, b'{"a":1', b'"\t"'),
]
IN_JSON = [
    *(b'"', b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"false", b"NaN", b"Infinity"),
    *(b"\\u", b"\\ud800", b"\\udc00", b"\\u003a", b"1e308", b"18446744073709551615", b"0.0", b"-0"),
    *(
        b'"name"',
        b'"a"',
        b'"b"',
        b'"kind"',
        b'"when"',
        b'"items"',
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
    ),
]

_NODE = {"type": "object", "properties": {"name": {"type": "string"}, "items": {"type": "array", "items": {"$ref": "#/$defs/node"}}}, "required": ["name"]}  # fmt: skip
SCHEMAS = [
    {"type": "object", "properties": {"name": {"type": "string", "minLength": 1, "maxLength": 5},
     "a": {"type": "integer", "minimum": 0, "exclusiveMaximum": 10}}, "required": ["name"],
     "additionalProperties": False},
    {"properties": {"when": {"format": "date-time"}, "a": {"format": "email"},
     "b": {"format": "ipv6"}, "name": {"format": "uri"}, "kind": {"format": "uuid"}}},
    {"$defs": {"node": _NODE}, "$ref": "#/$defs/node"},
    {"oneOf": [{"properties": {"kind": {"const": "a"}}, "required": ["kind"]},
     {"properties": {"kind": {"enum": ["b", 1, None, [1.0]]}}, "required": ["kind", "b"]}],
     "unevaluatedProperties": False},
    {"type": "array", "uniqueItems": True, "maxItems": 50, "minItems": 1,
     "prefixItems": [{"type": "null"}], "items": {"anyOf": [{"multipleOf": 0.01}, {"type": "string"}]},
     "contains": {"const": 1}, "maxContains": 2},
    {"patternProperties": {"^[a-z]+$": {"pattern": "^(?:a|bb)+$"}, r"\d": False},
     "propertyNames": {"maxLength": 8}, "maxProperties": 4, "dependentRequired": {"a": ["b"]}},
    {"if": {"type": "object"}, "then": {"minProperties": 1, "dependentSchemas": {"a": {"not": {"required": ["b"]}}}},
     "else": {"allOf": [{"not": {"type": "null"}}, {"maximum": 1e300}, {"multipleOf": 3}]}},
    {"$schema": "http://json-schema.org/draft-04/schema#", "items": [{"type": "integer"}],
     "additionalItems": {"type": "number", "minimum": 1, "exclusiveMinimum": True}},
]  # fmt: skip
INSTANCES = [
    bytes([at]) + json.dumps(value).encode()
    for at in range(len(SCHEMAS))
    for value in (
        {"name": "ab", "a": 1}, {"kind": "b", "b": [1.0], "when": "2026-01-01T00:00:00Z"},
        [None, 1, 0.03, "x"], {"name": "x", "items": [{"name": "y", "items": []}, {}]}, 3,
    )
]  # fmt: skip
SCHEMA_TEXTS = [json.dumps(each).encode() for each in SCHEMAS] + [
    *(
        b"true",
        b"{}",
        b'{"$ref":"#"}',
        b'{"$ref":"other.json#/a"}',
        b'{"$id":"x","$anchor":"a","$ref":"#a"}',
    ),
    *(b'{"pattern":"(?=a)b|[^\\\\w]{2,3}\\\\u0041"}', b'{"$dynamicRef":"#n","$dynamicAnchor":"n"}'),
    b'{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{"$id":"#a"}},"dependencies":{"a":["b"]}}',
]
IN_SCHEMAS = [
    *(b'"type"', b'"properties"', b'"items"', b'"$ref"', b'"$defs"', b'"#/$defs/"', b'"$id"'),
    *(b'"pattern"', b'"patternProperties"', b'"allOf"', b'"anyOf"', b'"oneOf"', b'"not"', b'"if"'),
    *(b'"then"', b'"$anchor"', b'"$dynamicRef"', b'"$dynamicAnchor"', b'"unevaluatedItems"'),
    *(
        b'"multipleOf"',
        b'"const"',
        b'"enum"',
        b'"format"',
        b'"contains"',
        b'"minContains"',
        b'"$schema"',
    ),
    *(
        b"{1,2}",
        b"(?:",
        b"(?!",
        b"[^",
        b"\\\\d",
        b"\\\\p{L}",
        b"*",
        b"+?",
        b"true",
        b"1e999",
        b"-1",
        b"[]",
        b"{}",
    ),
]
BODIES = [
    b"null",
    b"3",
    b'"aaaa"',
    b"[1,2,[3]]",
    b'{"a":1,"b":{"a":[true]}}',
    b'"' + b"a" * 300 + b'!"',
]

ACCEPTS = [
    *(
        b"text/html",
        b"*/*",
        b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        b"",
    ),
    *(b"application/json, text/html;q=0.5", b"text/html;level=1;q=1.000", b"html", b",,text/html,"),
    *(
        b'text/html;x="a,b\\""',
        b"application/problem+json;q=0, text/html;q=0.001",
        b"TEXT/HTML; q=2",
    ),
]
IN_ACCEPT = [
    b"text/html",
    b"application/json",
    b"*/*",
    b";q=0.5",
    b";q=",
    b'="',
    b", ",
    b'\\"',
    b"+json",
    b"text/*",
]

POLICIES = [
    b'[api]\npaths=["/api"]\nunlisted="reject"\nreport=["routing"]\nmount=["","/x"]\nallow_path=["dot"]\nmethods=["LOCK"]\n',
    b'[envelope]\nformat="simple"\ntypes="/problems"\nkeep="none"\nhtml=false\n[cors]\norigins=["https://a.example"]\n'
    b'headers=["X-A"]\nexpose=["X-B"]\ncredentials=true\nmax_age=600\n',
    b'[body]\nmax_bytes="1MiB"\nmax_depth=64\nmax_errors=20\ninvalid=422\nformats=true\npatterns="linear"\ninflate=true\n'
    b'[[routes]]\nmatch=["POST /a","PUT /a/{x:int}"]\nallow="everyone"\nbody={type="object"}\nmax_bytes=5\naccept=["a/b+json"]\n'
    b"body_optional=true\n",
    b'[auth]\nstrip_headers=["X-User"]\nmax_header=8000\n[auth.bearer]\nsecret="0123456789012345678901234567890123456789"\n'
    b'algorithms=["HS256"]\nissuer="a"\naudience=["b"]\nleeway=30\nscheme=["Bearer","Token"]\nuser="sub"\nroles="a.b"\n'
    b'[auth.bearer.claims]\ntype="access"\n[[routes]]\nname="x"\nmatch="GET /a/{name}"\nallow=["user:{name}","role:a & scope:b"]\n'
    b'deny=["claim:t=1"]\nhide=true\n',
    b'[auth.basic]\nrealm="a"\nusers="ann:$2b$04$'
    + b"." * 53
    + b'"\n[auth.proxy]\nuser="X-User"\npeers=["127.0.0.1","unix"]\n'
    b'[auth.session]\nverify="json:loads"\nchallenge="Session"\nambient=true\n[[routes]]\nmatch="* /{rest:path}"\n',
    b'[errors]\n"builtins.KeyError"=404\n"json.JSONDecodeError"={status=400,code="x",title="X",detail="y"}\n'
    b'[problems.taken]\nstatus=409\ntitle="Taken"\n',
    b'[auth.api_key]\nheader="X-API-Key"\nkeys={file="keys.toml"}\n[auth.bearer]\njwks="https://id.example/keys"\n',
]
IN_POLICIES = [
    *(
        b"[api]\n",
        b"[envelope]\n",
        b"[cors]\n",
        b"[body]\n",
        b"[auth.",
        b"bearer]\n",
        b"[errors]\n",
        b"[[routes]]\n",
    ),
    *(
        b"paths=",
        b"unlisted=",
        b"report=",
        b"mount=",
        b"allow_path=",
        b"methods=",
        b"types=",
        b"format=",
        b"keep=",
    ),
    *(
        b"match=",
        b"allow=",
        b"deny=",
        b"hide=true\n",
        b"body=",
        b"max_bytes=",
        b"accept=",
        b"name=",
        b"{x:int}",
        b"{x:path}",
    ),
    *(
        b"{x:uuid}",
        b"role:",
        b"scope:",
        b"claim:a=b",
        b"user:",
        b"everyone",
        b"authenticated",
        b" & ",
        b"json:loads",
    ),
    *(
        b'"""',
        b"'",
        b"[]",
        b"{}",
        b"true",
        b"nan",
        b"inf",
        b"1979-05-27",
        b"-1",
        b"99999999999999999999",
        b"\\u0000",
        b"\n",
    ),
    *(
        b"origin=",
        b"openapi=",
        b"reload=true\n",
        b"audit=",
        b"origins=",
        b"max_age=",
        b"jwks=",
        b"public_key=",
        b"secret=",
    ),
]

_TOKEN = b"Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.c2ln"


def _request(*fields, body=b""):
    return b"\n".join([*fields, *[b""] * (16 - len(fields)), body])


REQUESTS = [
    _request(b"GET", b"/a"),
    _request(b"GET", b"/a/7", b"_method=PUT", _TOKEN, b"text/html"),
    _request(b"POST", b"/a", b"", b"", b"", b"application/json", b"2", body=b"{}"),
    _request(b"POST", b"/a", b"", b"", b"*/*", b"application/json; charset=utf-8", b"12", b"https://a.example", b"s=1", body=b'{"name":"a"}'),
    _request(b"PUT", b"/a/7", b"", b"", b"", b"application/json", b"", b"https://evil.example", b"s=1", b"chunked", b"", b"cross-site", body=b"[1"),
    _request(b"OPTIONS", b"/a", b"", b"", b"", b"", b"", b"https://a.example", b"", b"", b"", b"", b"", b"POST"),
    _request(b"POST", b"/a", b"", b"Basic YW5uOng=", b"", b"text/plain", b"1000", b"", b"", b"", b"gzip", b"same-origin", b"DELETE", b"", b"id-1", b"a.example", body=b"\x1f\x8b"),
    _request(b"DELETE", b"/h/x", b"", b"", b"", b"", b"", b"", b"s"),
    _request(b"FOO", b"//a/..;/b"),
]  # fmt: skip
IN_REQUESTS = [
    *(b"GET", b"POST", b"PUT", b"PATCH", b"HEAD", b"OPTIONS", b"application/json", b"chunked", b"gzip", b"deflate"),
    *(b"https://a.example", b"cross-site", b"same-origin", b"none", b"null", b"Bearer ", b"Basic ", b"/a", b"/a/7", b"/h/x"),
    *(b"text/html", b"charset=", b"_method=", b"\n", b"\n\n\n", b'{"name":"a"}', b"18", b"00", b"-1", b"+2", b"\xc2\xb2"),
]  # fmt: skip


def whole(secret, verify):
    """A policy that uses all five layers; `verify` names the function of its own scheme."""
    return {
        "api": {"mount": "", "unlisted": "reject", "origin": "https://a.example"},
        "envelope": {"types": "/problems"},
        "cors": {"origins": ["https://a.example"], "credentials": True},
        "body": {"inflate": True, "max_bytes": 400},
        "auth": {
            "bearer": {"secret": secret},
            "session": {"verify": verify, "challenge": "Session", "ambient": True},
        },
        "routes": [
            {"match": ["GET /a", "GET /a/{id:int}"], "allow": "everyone"},
            {"match": ["POST /a", "PUT,PATCH /a/{id:int}"], "body": SCHEMAS[0]},
            {"match": "DELETE /h/{x}", "hide": True, "deny": "user:bob"},
        ],
    }

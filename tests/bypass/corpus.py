"""Targets and headers that have opened doors elsewhere, made from a few protected paths."""

from urllib.parse import quote, unquote_to_bytes

__all__ = ["HEADERS", "METHODS", "targets"]

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE", "TRACE", "FOO", "get", "Get", "PROPFIND", "")

#: What is put between, before or instead of slashes.
_SLASHES = (
    *"""
    // /// /./ /.// //./ /x/../ /x/..;/ /..;/ /;/ /;a=b/ /%2e/ /%2e%2e/ /x/%2e%2e/ /x/..%2f
    /x%2f../ %2f %2F %252f %5c \\ /\\ \\/ /%5c %c0%af %e0%80%af %ef%bc%8f %e2%88%95 /%20/
    /%09/ /%00/ /%0a/ /..%00/ /.%00/ /%ff/ /%252e%252e/ /..%252f /...// /../ /%3b/ /%3f/ /%23/
    /*/ /~/ /%e2%80%8b/ /%c2%a0/ /%ad/ /x\\..\\
    """.split(),
)

#: What is put at the end.
_ENDS = (
    "",
    *"""
    / // /. /./ /.. /x/.. /%2e %2f %252f %20 %09 %0a %0d%0a %0d %00 %00.png %00/ ; ;x ;x=1 ;/
    ;jsessionid=1 %3b %3bx ? ??x %3f %3fx %23 %23x . .. .json .html ~ %ff %c0%80 %ef%bf%bd
    %c2%85 %e2%80%a8 %e2%80%8b %7f \\ %5c /* * , % %2 %zz %u002f & + /%0a /%00 /; %0a/ %1f %ad
    %cc%81
    """.split(),
)

#: What is put between two letters.
_BYTES = (
    *"""
    %00 %0a %ff %c0%80 %ed%a0%80 %ef%bf%bd %c2%ad %e2%80%8b %08 %7f %fe%ff %c3 %f4%90%80%80
    %09
    """.split(),
)

_BASES = (
    "/admin", "/admin/", "/admin/users", "/items/7", "/items/7/secret", "/files/a/b", "/team/red",
    "/items/7/", "/files/a/b/c",
)  # fmt: skip


def targets():
    """Request targets as on the wire (some four thousand), without repetitions."""
    return list(dict.fromkeys(target for base in _BASES for target in _mutations(base)))


def path_info(target):
    """What gunicorn makes of a target: decoded once, bytes as Latin-1; `?` ends it."""
    return unquote_to_bytes(target.partition("?")[0]).decode("latin-1")


def _mutations(base):
    segments = base[1:].split("/")
    for slash in _SLASHES:
        for at in range(len(segments)):
            yield "/" * (at > 0) + "/".join(segments[:at]) + slash + "/".join(segments[at:])
        yield slash.join(["", *segments])
    for end in _ENDS:
        yield base + end
        yield "/" + base + end
        yield base.upper() + end
    for at in range(1, len(base)):
        for byte in _BYTES:
            yield base[:at] + byte + base[at:]
        yield f"{base[:at]}%{ord(base[at]):02x}{base[at + 1 :]}"
        yield f"{base[:at]}%25{ord(base[at]):02x}{base[at + 1 :]}"
        yield f"{base[:at]}%2525{ord(base[at]):02x}{base[at + 1 :]}"
        yield f"{base[:at]}%u00{ord(base[at]):02x}{base[at + 1 :]}"
        yield base[:at] + base[at].upper() + base[at + 1 :]
        if base[at].isalnum():
            yield base[:at] + quote(chr(ord(base[at]) + 0xFEE0)) + base[at + 1 :]  # full width
    yield from (base[1:], base[1:] + "/", f"http://evil{base}", f"http://evil/{base}", f"*{base}")
    yield from (f"./{base[1:]}", f"..{base}", f"/open;x{base}", f"{base}/../public")
    for public in ("/public/..", "/public/%2e%2e", "/public/..;", "/public\\..", "/%70ublic/.."):
        yield public + base
    for sign in ("?", "%3f", "#", "%23"):
        yield f"/public{sign}{base}"
    if "/7" in base:
        for number in _NUMBERS:
            yield base.replace("7", number)


#: Ways to write a seven that somebody might follow.
_NUMBERS = """
    07 +7 -7 7_ 0_7 %207 7%20 7%0a %d9%a7 %ef%bc%97 7.0 0x7 7e0 %e0%a5%ad 007 %2b7 %2007
    00000000000000007
""".split()

#: Each a dictionary of environ keys: headers, a query, what a server sets.
HEADERS = [
    *(
        {f"HTTP_X_{name}": method}
        for name in ("HTTP_METHOD_OVERRIDE", "HTTP_METHOD", "METHOD_OVERRIDE")
        for method in (
            "GET",
            "get",
            "DELETE",
            "delete",
            " DELETE ",
            "PUT",
            "OPTIONS",
            "HEAD",
            "FOO",
        )
    ),
    {"HTTP_X_HTTP_METHOD": "GET", "HTTP_X_METHOD_OVERRIDE": "DELETE"},
    *(
        {"QUERY_STRING": query}
        for query in (
            "_method=DELETE",
            "_method=delete",
            "%5fmethod=DELETE",
            "a=1;_method=DELETE",
            "_method=GET&_method=DELETE",
            "_method=DELETE%00",
            "path=/public",
            "/../public",
        )
    ),
    *(
        {f"HTTP_X_{name}": "/public"}
        for name in (
            "ORIGINAL_URL",
            "REWRITE_URL",
            "FORWARDED_URI",
            "FORWARDED_PATH",
            "FORWARDED_PREFIX",
            "SCRIPT_NAME",
            "ORIGINAL_URI",
        )
    ),
    *({key: "/public"} for key in ("RAW_URI", "REQUEST_URI", "HTTP_DESTINATION")),
    *({"SCRIPT_NAME": name} for name in ("/public", "/", "/admin", "//", "public")),
    {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
    {"HTTP_X_REAL_IP": "127.0.0.1"},
    {"HTTP_X_REMOTE_USER": "root"},
    {"HTTP_X_FORWARDED_USER": "root"},
    {"REMOTE_USER": "root"},
    {"HTTP_AUTHORIZATION": "Bearer"},
    {"HTTP_AUTHORIZATION": "Basic Og=="},
    {"HTTP_COOKIE": "session=admin"},
    {"HTTP_HOST": "admin"},
    {"HTTP_CONNECTION": "close"},
    {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade"},
    {"HTTP_ORIGIN": "https://a.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"},
]

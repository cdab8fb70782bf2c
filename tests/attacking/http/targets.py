"""Requests for what is not there, by ways that fool others: paths, methods, hosts. None leads out or astray."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacking.http.case import END, Case, each, get

_LOST = frozenset({400, 404, 405})
_PATHS = r"""/.. /../../../../etc/passwd /%2e%2e/%2e%2e/etc/passwd /..%2f..%2fetc%2fpasswd /%252e%252e/etc/passwd
    /static/../../config.toml /look.css/../../config.toml /..;/ /keys/../../data/store.sqlite
    /keys/..%2f..%2fstore.sqlite /keys/%00.asc /keys/x.json%00.asc /keys/%2e%2e%2fconfig.json \\..\\..\\etc\\passwd
    /\\..\\..\\etc\\passwd /%5c%5czzcanaryzz%5c /%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd /%c0%af /%e0%80%af /%ff%fe
    /%u002e%u002e/ /\xff\xfe /% /%zz /%0d%0aX:%20y /report;a=b /report;jsessionid=1 /Report /report/ /report//
    /report%2f /report%20 /report. /report%00 /.git/config /.env /config.toml /store.sqlite /proc/self/environ
    /console /server-status /case/../report /case/reply/..%2f..%2fx /bundle/../../x /made/..%2fx /zzcanaryzz"""
_AWAY = r"""//zzcanaryzz //zzcanaryzz/%2e%2e /\\zzcanaryzz ///zzcanaryzz /%2f%2fzzcanaryzz //zzcanaryzz:80/report
    /.//zzcanaryzz //zzcanaryzz@x/"""
_WHOLE = r"""http://zzcanaryzz/ http://zzcanaryzz:99999/ https://zzcanaryzz/report http://[::1/ http://[ http:///
    ftp://zzcanaryzz/x zzcanaryzz:443 * ? # /#x /?# ?l=nl about javascript:x file:///etc/passwd http://a@zzcanaryzz/
    /\x20/ /a\x20b \t/ /\x00 /\x7f //[ //[]]/ http://\xff/ /?l=%00 /?l=zzcanaryzz /?l=en&l=nl /?l[]=nl
    /?frame=1&frame=2 /?%ff=%fe /?l=../../nl /?l=nl%0d%0aSet-Cookie:a=b http://x:y/ http://[v1.a]/ //]"""
_METHODS = "PUT DELETE OPTIONS TRACE PATCH PROPFIND CONNECT FOO DEBUG TRACK SEARCH QUERY"
_HOSTS = r"""Host:\r\n Host:\x20zzcanaryzz\r\nHost:\x20other\r\n Host:\x20zzcanaryzz:99999\r\n
    Host:\x20zzcanaryzz/x?\r\n Host:\x20zzcanaryzz@other\r\n Host:\x20[::zzcanaryzz\r\n Host:\x20\xff\xfe\r\n
    Host:\x20zz\x20canaryzz\r\n Host:\x20zzcanaryzz\x00\r\n Host:\x20<script>zzcanaryzz</script>\r\n
    Host:\x20x\r\nX-Forwarded-Host:\x20zzcanaryzz\r\nForwarded:\x20host=zzcanaryzz\r\n
    Host:\x20x\r\nX-Original-URL:\x20/zzcanaryzz\r\nX-Rewrite-URL:\x20/zzcanaryzz\r\n
    Host:\x20x\r\nX-HTTP-Method-Override:\x20POST\r\nX-Script-Name:\x20/zzcanaryzz\r\n
    Host:\x20x\r\nX-Forwarded-Proto:\x20https\r\nX-Forwarded-For:\x20zzcanaryzz\r\nX-Forwarded-Prefix:\x20/zzcanaryzz\r\n
    Host:\x20x\r\nReferer:\x20http://zzcanaryzz/\r\nOrigin:\x20http://zzcanaryzz\r\nUser-Agent:\x20zzcanaryzz\r\n"""
_RANGES = r"bytes=0-0 bytes=-1 bytes=0-,0-,0- bytes=a-b lines=1-2 bytes=5-1 bytes=-0 bytes=\xb2- =1 bytes= 0-0"


def cases() -> Iterator[Case]:
    for make in (_paths, _targets, _methods, _small_methods, _ranges, _hosts):
        yield from make()


def _paths() -> Iterator[Case]:
    for path in (*each(_PATHS), b"/case/reply/" + b"a" * 4000, b"/" + b"a/" * 3000):
        yield Case(f"the path {path[:60]!r}", get(path), 1, _LOST)
    for path in each(_AWAY):
        yield Case(f"the path {path!r}", get(path), 1, _LOST | {200})


def _targets() -> Iterator[Case]:
    long = (b"/?" + b"a=b&" * 3000, b"/?" + b"&" * 5000, b"/?l=" + b"n" * 5000, b"")
    for target in (*each(_WHOLE), *long):
        yield Case(f"the target {target[:60]!r}", get(target))


def _methods() -> Iterator[Case]:
    refused = frozenset({400, 405})
    for method in (*each(_METHODS), b"A" * 3000):
        name = f"the method {method[:20]!r}"
        yield Case(name, get(b"/report", b"X-Echo: zzcanaryzz", method=method), 1, refused)
        with_body = get(b"/report", b"Content-Length: 5", method=method) + b"hello"
        yield Case(f"{name} with a body", with_body, 1, refused)
    yield Case("OPTIONS of everything", get(b"*", method=b"OPTIONS"), 1, _LOST)
    yield Case("CONNECT through us", get(b"zzcanaryzz:443", method=b"CONNECT"), 1, _LOST)


def _small_methods() -> Iterator[Case]:
    for method in (*each(r"get Get GE\x20T GET\x00 G\xcbT 123 GET: \x16\x03"), b""):
        yield Case(f"the method {method!r}", get(b"/", method=method))
    for path in each("/ /report /nothing /case /look.css"):
        yield Case(f"HEAD {path!r}", get(path, method=b"HEAD"))
    for path in each("/ /about /look.css /nothing /sign-in /fetch /bring"):
        yield Case(f"POST {path!r}", get(path, b"Content-Length: 0", method=b"POST"))


def _ranges() -> Iterator[Case]:
    for path in each("/report /return / /look.css"):
        for wish in (*each(_RANGES), b"bytes=" + b"0-," * 3000, b"bytes=" + b"9" * 5000 + b"-"):
            sent = get(path, b"Range: " + wish + b'\r\nIf-Range: "x"\r\nIf-Match: *')
            yield Case(f"the range {wish[:20]!r} of {path!r}", sent, 1, frozenset({200, 401}))


def _hosts() -> Iterator[Case]:
    for host in (*each(_HOSTS), b"", b"Host: " + b"z" * 8000 + b"\r\n"):
        for path in each("/ /report/ /case /return //about"):
            yield Case(f"{host[:40]!r} for {path!r}", get(path, host=host))
        yield Case(f"{host[:40]!r} for a form", b"POST /return HTTP/1.1\r\n" + host + b"Content-Length: 0" + END)

"""What hostile requests are made of: strategies for bodies, heads, cookies, codenames and wishes for a language.

Mostly well formed, so that it gets past the first door, and wrong in one place or another.
"""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable

from hypothesis import strategies as st

from tests.attacking.http.case import HOST

_ANY = st.binary(max_size=60)
_LINE = st.binary(max_size=40).map(lambda data: data.translate(None, b"\r\n"))
_NAMES = st.sampled_from(
    ["message", "mandate", "desk", "token", "codename", "withdraw", "draft", "files", "bundle", "passphrase", "name"]
)
_BOUNDARIES = st.sampled_from([b"x", b"----geckoformboundary1a2b", b"a b", b"'()+_,-./:=?", b"-" * 60, b"0" * 70])
_VALUES = st.one_of(
    _ANY,
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"listen", b"desk", b"withdraw", b"undo", b"\0", b"\r", b"\n", b"\r\n--x", b"--x--", b"\xff\xfe", b"a" * 9000]
    ),
)
_FILE_NAMES = st.sampled_from(
    [
        b'; filename="a.txt"',
        b'; filename=""',
        b"; filename*=UTF-8''%e2%82%ac",
        b"; filename*=UTF-16''%ff",
        b'; filename="a\x00b"',
        b'; filename="../../etc/passwd"',
        b"; filename*0=a; filename*1=b",
        b"; filename*0*=UTF-8''%; filename*1=b",
        b'; filename="\xff"',
        b'; filename="' + b"a" * 3000 + b'"',
        b"; filename=a b",
        b'; filename="a\\"; name="b"',
        b'; filename="a"; filename="b"',
    ]
)
_PART_HEADERS = st.sampled_from(
    [
        b"Content-Type: text/plain",
        b"Content-Type: text/plain; charset=utf-7",
        b"Content-Type: multipart/mixed; boundary=y",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Length: 99999999999",
        b"Content-Disposition: form-data; name=again",
        b"X: " + b"a" * 9000,
        b"no colon",
        b": ",
        b" folded",
        b"X:\x00",
        b"Content-Encoding: gzip",
    ]
)
_ENCODERS: st.SearchStrategy[Callable[[bytes], bytes]] = st.sampled_from([bytes, base64.b64encode, quopri.encodestring])


@st.composite
def part(draw: st.DrawFn, boundary: bytes) -> bytes:
    name = draw(st.one_of(_NAMES.map(str.encode), _LINE))
    quoted = draw(st.sampled_from([b'"%s"', b"%s", b"'%s'", b'"%s', b'"\\%s"']))
    head = b"Content-Disposition: form-data; name=" + quoted % name + draw(st.one_of(st.just(b""), _FILE_NAMES))
    headers = [head, *draw(st.lists(_PART_HEADERS, max_size=3))]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]))
    value = draw(_ENCODERS)(draw(_VALUES))
    return b"--" + boundary + end + end.join(headers) + end * 2 + value + end


@st.composite
def multipart(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Draw a content type and a body, with or without an end, nested in one of its own or not."""
    boundary = draw(_BOUNDARIES)
    parts = draw(st.lists(part(boundary), max_size=6))
    ending = draw(st.sampled_from([b"--%s--\r\n", b"--%s--", b"--%s", b"", b"--%s-", b"\r\n--%s--\r\nafterwards"]))
    body = draw(st.sampled_from([b"", b"before\r\n", b"\r\n"])) + b"".join(parts) + ending.replace(b"%s", boundary)
    if draw(st.integers(0, 9)) == 0:
        body = body.replace(b"\r\n", draw(st.sampled_from([b"\n", b"\r", b"\0", b"\r\r\n"])))
    shown = draw(st.sampled_from([b'"%s"', b"%s", b"%s; charset=utf-16", b'"%s"; boundary=y'])).replace(b"%s", boundary)
    return b"multipart/form-data; boundary=" + shown, body


def urlencoded() -> st.SearchStrategy[tuple[bytes, bytes]]:
    pairs = st.lists(st.tuples(_NAMES.map(str.encode), _VALUES), max_size=8)
    plain = pairs.map(lambda each: b"&".join(name + b"=" + value for name, value in each))
    return st.tuples(st.just(b"application/x-www-form-urlencoded"), st.one_of(plain, _ANY))


FORM_PATHS = st.sampled_from([b"/report", b"/return", b"/case", b"/sign-in", b"/bring", b"/fetch", b"/sign-out"])


@st.composite
def posts(draw: st.DrawFn) -> bytes:
    kind, body = draw(st.one_of(multipart(), multipart(), urlencoded()))
    length = len(body) + draw(st.sampled_from([0, 0, 0, 0, -1]))
    path = draw(FORM_PATHS) + draw(st.sampled_from([b"", b"", b"?l=nl", b"?frame=1", b"?l=ar&frame=1"]))
    lines = [b"Content-Type: " + kind, b"Content-Length: %d" % max(0, length), *draw(st.lists(headers(), max_size=2))]
    return b"POST " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n".join(lines) + b"\r\n\r\n" + body


_HEADER_NAMES = st.sampled_from(
    [
        b"Cookie",
        b"Accept-Language",
        b"Range",
        b"If-Range",
        b"If-Match",
        b"If-None-Match",
        b"If-Modified-Since",
        b"Connection",
        b"Expect",
        b"Sec-Fetch-Site",
        b"Origin",
        b"Referer",
        b"Authorization",
        b"Content-Type",
        b"Accept-Encoding",
        b"X-Forwarded-For",
        b"Upgrade",
        b"TE",
        b"Proxy",
        b"Via",
        b"Date",
        b"Cache-Control",
        b"Priority",
        b"Content-Encoding",
        b"Keep-Alive",
        b"User-Agent",
        b"Max-Forwards",
    ]
)
_TEXTS = st.sampled_from(
    [
        b"visit=" + b"A" * 43,
        b"session=a.b.c; visit=x",
        b"nl;q=0.5, *;q=0",
        b"bytes=0-1,2-",
        b'W/"a", "b"',
        b"close, keep-alive",
        b"same-origin",
        b"=;=;;",
        b'a="b; c"',
        b"a=\xc3\xa9",
        b"0",
        b"-1",
        b"9" * 300,
        b"Thu, 01 Jan 1970 00:00:00 GMT",
        b"Basic \xff",
        b"gzip;q=x",
        b"100-continue ",
    ]
)


@st.composite
def headers(draw: st.DrawFn) -> bytes:
    name = draw(st.one_of(_HEADER_NAMES, _HEADER_NAMES, st.from_regex(rb"[!-9;-~]{1,20}", fullmatch=True)))
    return name + b":" + draw(st.one_of(_TEXTS, _LINE, st.lists(_TEXTS, max_size=4).map(b",".join)))


@st.composite
def gets(draw: st.DrawFn) -> bytes:
    method = draw(st.sampled_from([b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS"]))
    target = draw(
        st.one_of(
            st.sampled_from(
                [
                    b"/",
                    b"/report",
                    b"/return",
                    b"/case",
                    b"/keys",
                    b"/progress",
                    b"/waiting?for=case",
                    b"/sent",
                    b"/away",
                    b"/look.css",
                ]
            ),
            st.binary(max_size=30).map(lambda data: b"/" + data.translate(None, b"\r\n ")),
            st.text(max_size=20).map(
                lambda text: b"/?l=" + text.encode("utf-8", "surrogatepass").translate(None, b"\r\n ")
            ),
        )
    )
    lines = draw(st.lists(headers(), max_size=6))
    return method + b" " + target + b" HTTP/1.1\r\n" + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


_LETTERS = st.sampled_from(
    [
        "abacus",
        "abdomen",
        "ABIDE",
        "zzyzx",
        "аbacus",
        "abacus\u0301",
        "\u202eabacus",
        "ａｂａｃｕｓ",
        "1.",
        ",",
        "-",
        "\0",
        "\n",
        "İ",
        "ß",
        "ﬁ",
        "㌖" * 100,
        "a" * 3000,
        "\ud800",
        "\U0001f600",
        "word 1:",
        "\u200b",
        "abacusabdomenabide",
    ]
)


def codenames() -> st.SearchStrategy[str]:
    """Draw what may stand where seven words belong; never seven of the list, which would each cost Argon2id."""
    return st.one_of(st.lists(_LETTERS, max_size=9).map(" ".join), st.text(max_size=200))

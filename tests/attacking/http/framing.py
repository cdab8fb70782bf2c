"""Requests of which two readers may see two ends: lengths, encodings, line ends, versions. None smuggles another in."""

from __future__ import annotations

from collections.abc import Iterator

from tests.attacking.http.case import END, HOST, REFUSED, SMUGGLED, Case, each, get, post

_CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
_TOO_LARGE = frozenset({413})
_LENGTHS = r"""5,\x205 5,6 +5 -5 -0 0x5 5_0 \x205\x205 5; "5" 5.0 1e1 \xb2 five 5\x20, \x0b5 5\x0c \xc2\xa05 \xd9\xa5
    5\x00 5\x7f 5\x005 \xd9\xa6"""
_ENCODINGS = r"""chunked Chunked CHUNKED chunked\x20 \tchunked chunked,\x20chunked identity identity,\x20chunked
    chunked,\x20identity gzip gzip,\x20chunked xchunked chunked;q=1 "chunked" chun\x20ked , \x20,\x20, chunked\x0b
    \x0bchunked \x85chunked ch\xc3\xbcnked x\x00y 0 \xa0"""
_VERSIONS = r"""HTTP/0.9 HTTP/2.0 HTTP/3 HTTP/1.2 HTTP/1.10 HTTP/01.1 http/1.1 HTTP/1.1\x20x HTP/1.1 HTTP/x.y
    HTTP\x20/1.1 HTTP/1.1\x00 HTTP/1.1\t \x00"""
_NAMES = r"Transfer-Encoding\x20 \x20Transfer-Encoding Transfer-Encoding\t \x00Transfer-Encoding Transfer\x00-Encoding"
_LENGTH_NAMES = r"Content-Length\x20 Content-Length\t \x20Content-Length \x0bContent-Length Content-Length\x00"
_NO_HEADERS = (
    r"no\x20colon :\x20no\x20name a\x20b:\x20c a\tb:\x20c a(b):\x20c \xff:\x20c a:\x20\x00 a:\x20\x7f a:\x20\x1b[2J :"
)
_LINE_ENDS = r"\n \r \n\r \r\r\n \x00\r\n \x0b \xe2\x80\xa8 \x85"


def cases() -> Iterator[Case]:
    for make in (_lengths, _lengths_twice, _encodings, _encoded_elsewhere, _chunks, _line_ends, _heads, _versions):
        yield from make()


def _lengths() -> Iterator[Case]:
    for value in each(_LENGTHS):
        sent = post(b"Content-Length: " + value, b"hello" + SMUGGLED)
        yield Case(f"a length of {value!r}", sent, 1, REFUSED)
    for name in each(_LENGTH_NAMES):
        yield Case(f"a name {name!r}", post(name + b": 5", b"hello" + SMUGGLED), 1, REFUSED)
    # not a length by its name: then there is no body, and what follows stands for itself
    yield Case("an underscore", post(b"Content_Length: 5", SMUGGLED), 2)
    yield Case("a length with zeros before", post(b"Content-Length: 00000000005", b"hello"), 1, REFUSED)
    yield Case("a short length", post(b"Content-Length: 3", b"hello" + SMUGGLED), 2, REFUSED)
    for size in (b"9" * 19, b"9" * 30, b"9" * 5000, b"9" * 15):
        sent = post(b"Content-Length: " + size, b"hello" + SMUGGLED)
        yield Case(f"a length of {len(size)} nines", sent, 1, _TOO_LARGE)


def _lengths_twice() -> Iterator[Case]:
    for one, other in ((b"5", b"5"), (b"5", b"6"), (b"0", b"5"), (b"5", b"0"), (b"", b"5"), (b"5", b"")):
        headers = b"Content-Length: " + one + b"\r\ncontent-length: " + other
        yield Case(f"lengths {one!r} and {other!r}", post(headers, b"hello" + SMUGGLED), 1, REFUSED)
    nothing = post(b"Content-Length: 0", b"")
    yield Case("two empty forms at once", nothing * 2, 2, REFUSED)


def _encodings() -> Iterator[Case]:
    """No body of ours is chunked: whatever names an encoding is refused, and nothing is read out of it."""
    for value in (*each(_ENCODINGS), b""):
        encoding = b"Transfer-Encoding: " + value
        for order, headers in enumerate((b"Content-Length: 4\r\n" + encoding, encoding + b"\r\nContent-Length: 4")):
            sent = post(headers, _CHUNKS + SMUGGLED)
            yield Case(f"a length and an encoding {value!r} {order}", sent, 1, REFUSED)
        yield Case(f"an encoding {value!r}", post(encoding, _CHUNKS + SMUGGLED), 1, REFUSED)
        yield Case(f"a GET with an encoding {value!r}", get(b"/", encoding) + _CHUNKS + SMUGGLED, 1, REFUSED)


def _encoded_elsewhere() -> Iterator[Case]:
    for name in each(_NAMES):
        sent = post(b"Content-Length: 4\r\n" + name + b": chunked", _CHUNKS + SMUGGLED)
        yield Case(f"a name {name!r}", sent, 1, REFUSED)
    yield Case("an encoding with an underscore", post(b"Content-Length: 5\r\nTransfer_Encoding: chunked", b"hello"))
    twice = b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"
    yield Case("two encodings", post(twice, _CHUNKS + SMUGGLED), 1, REFUSED)
    folded = b"Content-Length: 4\r\nTransfer-Encoding:\r\n chunked"
    yield Case("an encoding on a folded line", post(folded, _CHUNKS + SMUGGLED), 1, REFUSED)
    behind = b"X: a\r\n\tTransfer-Encoding: chunked\r\nContent-Length: 5"
    yield Case("an encoding inside of a folded line", post(behind, b"hello"), 1, REFUSED)
    for version in (b"1.0", b"0.9", b"2.0", b"9.9"):
        head = (
            b"POST /return HTTP/" + version + b"\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 4" + END
        )
        yield Case(f"an encoding in HTTP/{version!r}", head + _CHUNKS + SMUGGLED, 1, REFUSED)


def _chunks() -> Iterator[Case]:
    for size in each(r"5;a=b 5\x20 0x5 +5 5;\n FFFFFFFFFFFFFFFF5 5\r\n\r\n -1 5;a="):
        body = size + b"\r\nhello\r\n0\r\n\r\n"
        yield Case(f"a chunk of {size!r}", post(b"Transfer-Encoding: chunked", body + SMUGGLED), 1, REFUSED)
    trailing = _CHUNKS[:-2] + b"Cookie: a=b\r\n\r\n" + SMUGGLED
    yield Case("trailers", post(b"Transfer-Encoding: chunked\r\nTrailer: Cookie", trailing), 1, REFUSED)


def _line_ends() -> Iterator[Case]:
    for end in each(_LINE_ENDS):
        yield Case(f"lines that end in {end!r}", b"GET / HTTP/1.1" + end + HOST.strip() + end + end + SMUGGLED, 1)
        yield Case(f"a header that ends in {end!r}", get(b"/", b"X: a" + end + b"Y: b"), 2)
        yield Case(f"a name with {end!r}", get(b"/", b"X" + end + b": a"), 2)
    yield Case("a bare LF before a length", get(b"/", b"X: a\nContent-Length: 5"), 1, REFUSED)


def _heads() -> Iterator[Case]:
    yield Case("a fold", get(b"/", b"X: a\r\n b\r\n\tc"), 1, REFUSED)
    yield Case("a fold at once", b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n", 1, REFUSED)
    yield Case("a folded length", post(b"Content-Length: 5\r\n 6", b"hello" + SMUGGLED), 1, REFUSED)
    yield Case("lines before the request", b"\r\n\r\n\r\n" + get(b"/"), 2)
    for header in each(_NO_HEADERS):
        yield Case(f"a header {header!r}", get(b"/", header))
    yield Case("five requests at once", get(b"/look.css") * 5, 5, frozenset({200, 404}))
    yield Case("a request behind what is none", b"BAD" + END + SMUGGLED, 1, REFUSED)
    yield Case("white space first", b" \t" + END + b" " + END + get(b"/"), 1)


def _versions() -> Iterator[Case]:
    for version in (*each(_VERSIONS), b""):
        yield Case(f"the version {version!r}", get(b"/", version=version))
    yield Case("no version at all", b"GET /\r\n\r\n")
    frame = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    yield Case("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame)
    yield Case("a TLS greeting", bytes.fromhex("16030100a5010000a10303") + bytes(40) + END)
    for protocol in each("h2c websocket TLS/1.0 HTTP/2.0"):
        headers = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + protocol + b"\r\nHTTP2-Settings: AAMAAABk"
        yield Case(f"an upgrade to {protocol!r}", get(b"/", headers), 1, frozenset({200, 400}))

"""What each reader's fuzzing begins with: one of each kind, and everything that was ever found and mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
_PART = b'--x\r\nContent-Disposition: form-data; name="'
_SEEDS: dict[str, tuple[bytes, ...]] = {
    "form": (
        b"\xfex\0" + _PART + b'message"\r\n\r\ntext\r\n--x--\r\n',
        b"\x06x\0" + _PART + b'files"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nabc\r\n--x--\r\n',
        b"\xfex\0" + _PART + b"a\"; filename*=UTF-8''%e2\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--x--",
        b"\xfex\0" + _PART + b'm"\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\na\r\n--y--\r\n--x--',
        b"\xffmessage=a%20b&mandate=listen&answer-ask-1=yes&withdraw=undo",
    ),
    "names": (b"a.txt", "\u202egpj.exe".encode(), b"a" * 400 + b".tar.gz", b"../..\\\0\r\n", b"\x01\xed\xa0\x80"),
    "codename": (
        b"\0abacus abdomen abdominal abide abiding ability ablaze",
        b"\x011. abacus, 2) Abdomen; ABDOMINAL",
        "\1\u3316\ufdfa\ufb03e\u0301".encode(),
    ),
    "tokens": (
        b"AAAAAAAAAAAAAAAAAAAAAA==.ZzzzzA.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq",
        b"A" * 43,
        b"visit.session.x",
    ),
    "head": (
        b"\xffGET /report?l=nl HTTP/1.1\r\nHost: x\r\nAccept-Language: nl;q=0.5, en\r\nCookie: visit=a; b=c\r\n\r\n",
        b"\x03POST //report HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n",
        b"\xffPOST /return HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        b'\xffGET http://x:1/%2e%2e;a=b?c#d HTTP/1.1\r\nRange: bytes=0-5,-1\r\nIf-Range: "x"\r\nX: a\r\n b\r\n\r\n',
    ),
    "ranges": (b'\x20bytes=0-5\n"x"\n*', b'\xffbytes=-1, 3-\n\nW/"a", "b"', b"\0bytes=0-"),
    "proxy": (b"PROXY TCP6 fc00:dead:beef:4dad::0:68 ::1 104 80", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2", b"PROXY UNKNOWN"),
}


def seeds(name: str) -> Iterator[bytes]:
    yield from _SEEDS[name]
    yield from (path.read_bytes() for path in sorted((CORPUS / name).glob("*")))

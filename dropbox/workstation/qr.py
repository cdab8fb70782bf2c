"""A key's fingerprint as a picture that a telephone reads: for a page as SVG, for a terminal as half blocks.

Only public texts may come in here. Nothing is read or written.
"""

from io import BytesIO

import segno

from dropbox.models import Fingerprint

_BORDER = 4  # what ISO/IEC 18004 asks for
_ON_WHITE = "\x1b[38;5;16m\x1b[48;5;231m{}\x1b[0m"  # black on white, whatever colours the terminal has


def fingerprint_text(fingerprint: Fingerprint) -> str:
    """Return what the code says: the form that OpenKeychain and others know."""
    return f"OPENPGP4FPR:{fingerprint}"


def as_svg(fingerprint: Fingerprint) -> bytes:
    picture = BytesIO()
    _code(fingerprint).save(picture, kind="svg", scale=8, border=_BORDER, dark="#000", light="#fff", xmldecl=False)
    return picture.getvalue()


def as_lines(fingerprint: Fingerprint) -> list[str]:
    """Return lines for a terminal that obeys colours, two rows of the code each."""
    rows = [bytes(row) for row in _code(fingerprint).matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append(bytes(len(rows[0])))
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return [_ON_WHITE.format("".join(map(_half_block, upper, lower))) for upper, lower in pairs]


def _half_block(upper: int, lower: int) -> str:
    return {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}[bool(upper), bool(lower)]


def _code(fingerprint: Fingerprint) -> segno.QRCode:
    return segno.make(fingerprint_text(fingerprint), error="m", micro=False)

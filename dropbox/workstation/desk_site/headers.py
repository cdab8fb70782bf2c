"""The headers of every answer of the desk page: nothing from elsewhere, no script, no frame, nothing kept.

Each page may use its own style and pictures and send its forms back here, and no more.
"""

from flask import Response

_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "camera", "clipboard-read", "clipboard-write", "display-capture", "fullscreen", "geolocation", "hid",
        "microphone", "midi", "payment", "serial", "usb", "web-share",
    )
)  # fmt: skip
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
}


def add_headers(response: Response) -> Response:
    """Set the strict headers on an answer, whatever it is."""
    response.headers.update(_HEADERS)
    return response

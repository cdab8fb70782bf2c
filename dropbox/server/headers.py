"""The headers of every answer of the reporter's site, and its cookies.

Everything is refused first (`default-src 'none'`) and only what a page uses is allowed again. No page names the
server, its software or its clock, and nothing may be kept by a browser or a cache.
"""

from urllib.parse import quote

from flask import Response

from dropbox.file_names import harmless_name

VISIT_COOKIE = "visit"
SESSION_COOKIE = "session"
FRAME_PATHS = frozenset({"/waiting", "/progress"})
"""Pages that are only ever shown in a frame of ours."""
FRAMED_PATHS = frozenset({"/report", "/case", "/sent"})
"""Pages that are shown in a frame of ours when they are asked for with frame=1."""
_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_DOWNLOAD_POLICY = "sandbox; default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
_PICTURE_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "clipboard-read", "clipboard-write", "cross-origin-isolated",
        "display-capture", "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid",
        "idle-detection", "keyboard-map", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
        "publickey-credentials-get", "screen-wake-lock", "serial", "sync-xhr", "usb", "web-share",
        "xr-spatial-tracking",
    )
)  # fmt: skip
_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
    "X-DNS-Prefetch-Control": "off",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_NEVER = ("Server", "Date", "ETag", "Last-Modified", "Expires", "X-Powered-By")


def is_framed(path: str, frame: str) -> bool:
    """Say whether this address is one for a frame of ours; `frame` is the value of its query's `frame`."""
    return path in FRAME_PATHS or (path in FRAMED_PATHS and frame == "1")


def apply(
    response: Response,
    *,
    form: bool,
    framed: bool = False,
    holds_frames: bool = False,
    pictures: bool = False,
    tagged: bool = False,
) -> Response:
    """Put the site's headers on an answer.

    `form`: a page with a form that a Back button should find filled in. `framed`: it stands in a frame of our own
    page. `holds_frames`: it is such a page. `pictures`: pages show the organisation's logo. `tagged`: a file that is
    fetched in parts, which its ETag keeps together.
    """
    for name, value in _ALWAYS.items():
        response.headers[name] = value
    policy = _POLICY
    if framed:
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        policy = policy.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    if holds_frames:
        policy += "; frame-src 'self'"
    if pictures:
        policy += "; img-src 'self'"
    response.headers.setdefault("Content-Security-Policy", policy)
    # Firefox empties a no-store form on Back; a no-cache one keeps what was typed.
    response.headers["Cache-Control"] = "no-cache" if form else "no-store"
    for name in _NEVER:
        if not (tagged and name == "ETag"):
            response.headers.pop(name, None)
    return response


def plain() -> list[tuple[str, str]]:
    """Return the headers of an answer that is made without the app; such a page uses no style and no form."""
    policy = _POLICY.replace("style-src 'self'; form-action 'self'", "form-action 'none'")
    return [*_ALWAYS.items(), ("Content-Security-Policy", policy), ("Cache-Control", "no-store")]


def as_download(response: Response, name: str, fallback: str) -> Response:
    """Make this answer a file to keep: never shown, never guessed at, under its true name made harmless."""
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["Content-Disposition"] = disposition(name, fallback)
    response.headers["Content-Security-Policy"] = _DOWNLOAD_POLICY
    return response


def as_picture(response: Response) -> Response:
    """Make this answer a picture that can do nothing else: an SVG that is opened by itself is a page."""
    response.headers["Content-Security-Policy"] = _PICTURE_POLICY
    return response


def disposition(name: str, fallback: str) -> str:
    """Return a Content-Disposition with the true name (RFC 6266 and 8187); `fallback` is plain ASCII."""
    cleaned = harmless_name(name)
    if not cleaned:
        return f'attachment; filename="{fallback}"'
    return f"attachment; filename=\"{fallback}\"; filename*=UTF-8''{quote(cleaned, safe='')}"


def set_cookie(response: Response, name: str, value: str) -> None:
    """Set a cookie for this browser session. Without Secure: an onion is plain http, where browsers drop it."""
    response.set_cookie(name, value, httponly=True, samesite="Strict", path="/")


def expire_cookie(response: Response, name: str) -> None:
    response.set_cookie(name, "", max_age=0, expires=0, httponly=True, samesite="Strict", path="/")

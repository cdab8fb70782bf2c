"""The pages for requests that cannot be read or that broke: fixed texts in both languages, with the site's headers.

A request that cannot be read has no language, so nothing of what was sent enters here.
"""

from dropbox.server import headers

_PAGES = {
    400: (
        "400 Bad Request",
        "Dit verzoek was niet te lezen. Er is niets opgeslagen. Ga terug en probeer het opnieuw.",
        "This request could not be read. Nothing was stored. Go back and try again.",
    ),
    413: (
        "413 Content Too Large",
        "Dit is groter dan mag. Er is niets opgeslagen. Ga terug en stuur minder of kleinere bestanden.",
        "This is larger than is allowed. Nothing was stored. Go back and send fewer or smaller files.",
    ),
    431: (
        "431 Request Header Fields Too Large",
        "Je browser stuurde te veel mee. Sluit Tor Browser helemaal, start die opnieuw en probeer het nog eens.",
        "Your browser sent too much along. Close Tor Browser completely, start it again and try once more.",
    ),
    500: (
        "500 Internal Server Error",
        "Er ging iets mis bij ons. Ga terug en probeer het opnieuw. Wat al bevestigd was, is veilig.",
        "Something went wrong on our side. Go back and try again. What was acknowledged before is safe.",
    ),
    501: (
        "501 Not Implemented",
        "Dit soort verzoek kennen we niet. Er is niets opgeslagen.",
        "This kind of request is not known here. Nothing was stored.",
    ),
}


def plain_page(code: int) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status line, headers and body of the page for a request that could not be handed to the app."""
    status, dutch, english = _PAGES[code if code in _PAGES else 500]
    body = (
        '<!doctype html>\n<html lang="nl">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Dat ging niet / That did not work</title></head>\n'
        "<body><main>\n<h1>Dat ging niet</h1>\n"
        f"<p>{dutch}</p>\n"
        '<section lang="en"><h2>That did not work</h2>\n'
        f"<p>{english}</p></section>\n"
        "</main></body>\n</html>\n"
    )
    return status, [("Content-Type", "text/html; charset=utf-8"), *headers.plain()], body.encode()

"""The reporter's site: thin routes that parse, call one service and render. Nothing typed goes into a log or a URL."""

from dropbox.server.reporter_site import case, frames, pages, receipt, replies, report, returning, styles

BLUEPRINTS = (
    pages.site,
    styles.site,
    report.site,
    receipt.site,
    returning.site,
    case.site,
    frames.site,
    replies.site,
)

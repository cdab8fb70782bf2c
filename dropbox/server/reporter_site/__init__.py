"""The reporter's site: thin routes that parse, call one service and render. Nothing typed goes into a log or a URL."""

from dropbox.server.reporter_site import case, pages, replies, report, returning

BLUEPRINTS = (pages.site, report.site, returning.site, case.site, replies.site)

"""The courier's site: where investigators fetch pickup bundles and bring answer bundles. Sealed bytes only.

No date and no name of anybody is on any page: a courier machine is online, and learns how much waits and nothing else.
"""

from dropbox.server.courier_site import bringing, fetching, signing_in, waiting

BLUEPRINTS = (signing_in.site, waiting.site, fetching.site, bringing.site)

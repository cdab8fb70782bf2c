"""What the journeys over Tor share."""

from __future__ import annotations

import re
import time

from tests.drop_process import DropProcess

PUBLISH_SECONDS = 60


def published_address(drop: DropProcess, after: int = 0) -> str:
    """Wait until the server says that its onion service is reachable; `after` bytes of its log are skipped."""
    deadline = time.monotonic() + PUBLISH_SECONDS
    while time.monotonic() < deadline:
        found = re.search(rb"reachable at (http://[a-z2-7]{56}\.onion/)", drop.log.read_bytes()[after:])
        if found:
            return found[1].decode()
        time.sleep(0.2)
    raise AssertionError(f"not published:\n{drop.log.read_text(encoding='utf-8')}")

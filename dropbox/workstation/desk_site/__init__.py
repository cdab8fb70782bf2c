"""The desk page: cases and threads in the investigator's own browser, on loopback."""

from dropbox.workstation.desk_site.app import create_site
from dropbox.workstation.desk_site.desk import Desk
from dropbox.workstation.desk_site.door import COOKIE, Door

__all__ = ["COOKIE", "Desk", "Door", "create_site"]

"""OpenPGP for the drop: seal, unseal, sign, verify, and the keys to do it with. gnupg is imported nowhere else.

Names come from here; the modules of this package are its own affair.
"""

from dropbox.gpg.home import Gpg, scan_keys
from dropbox.gpg.keys import KeyInfo
from dropbox.gpg.packets import armor_message, count_recipients, count_sealed_ways

__all__ = ["Gpg", "KeyInfo", "armor_message", "count_recipients", "count_sealed_ways", "scan_keys"]

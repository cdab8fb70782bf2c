"""Every error that this package raises on purpose, in one tree.

Texts are fixed: no payload, path of a stored file, codename, key material or gpg output may enter them, because errors
end up in logs and on screens. What may be named is what the reader needs to act: a configuration key, a desk's id, a
line or item number. Third-party exceptions are translated where they arise (gpg, onion, store) and stop there. Names
come from here; which room of this package an error stands in is its own affair.
"""

# ruff: noqa: F403 -- a new error is named once, in its room; a list of them all here would only fall behind

from dropbox.errors.backup import *
from dropbox.errors.base import *
from dropbox.errors.bundles import *
from dropbox.errors.cases import *
from dropbox.errors.client_key import *
from dropbox.errors.configuration import *
from dropbox.errors.consent import *
from dropbox.errors.courier import *
from dropbox.errors.disclosing import *
from dropbox.errors.documents import *
from dropbox.errors.keeping import *
from dropbox.errors.key import *
from dropbox.errors.knowing import *
from dropbox.errors.log import *
from dropbox.errors.membership import *
from dropbox.errors.redacting import *
from dropbox.errors.requests import *
from dropbox.errors.sealing import *
from dropbox.errors.server import *
from dropbox.errors.vault import *
from dropbox.errors.viewing import *
from dropbox.errors.writing import *

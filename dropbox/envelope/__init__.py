"""What lies inside a seal: a ZIP of stored entries, padded and signed, that gpg and unzip alone can open.

The rooms: header and index (the two JSON files) with work, account, ask and moving, which a header may hold; records
(the ZIP's own bytes), pack, unpack, verify and extract. None
of them opens a file or a socket.
"""

from dropbox.envelope.account import Account
from dropbox.envelope.ask import ANSWER_PREFIX, NO, YES, Ask, AskKind, Consent, Reader, consents_in
from dropbox.envelope.extract import attachment_chunks, extract
from dropbox.envelope.header import MAX_KNOWN, MAX_TEXT_BYTES, SUBMISSION_KINDS, WRITING_KINDS, Header, text_bytes
from dropbox.envelope.index import ALLOWED_EXTENSIONS, MAX_ATTACHMENTS, MAX_NAME_BYTES, Attachment, Index
from dropbox.envelope.moving import Moved
from dropbox.envelope.pack import Packer
from dropbox.envelope.unpack import Envelope, OpenStream, Sink, UnverifiedEnvelope, unpack
from dropbox.envelope.verify import (
    ChainFaults,
    ChainLink,
    chain_faults,
    chain_link,
    intake_bytes,
    sign_submission,
    signed_bytes,
    verify_intake,
    verify_place,
    verify_submission,
    verify_writing,
)
from dropbox.envelope.work import MAX_TAG_CHARACTERS, MAX_TAGS, NOBODY, Work, WorkState, clean_tag

__all__ = [
    "ALLOWED_EXTENSIONS",
    "ANSWER_PREFIX",
    "MAX_ATTACHMENTS",
    "MAX_KNOWN",
    "MAX_NAME_BYTES",
    "MAX_TAGS",
    "MAX_TAG_CHARACTERS",
    "MAX_TEXT_BYTES",
    "NO",
    "NOBODY",
    "SUBMISSION_KINDS",
    "WRITING_KINDS",
    "YES",
    "Account",
    "Ask",
    "AskKind",
    "Attachment",
    "ChainFaults",
    "ChainLink",
    "Consent",
    "Envelope",
    "Header",
    "Index",
    "Moved",
    "OpenStream",
    "Packer",
    "Reader",
    "Sink",
    "UnverifiedEnvelope",
    "Work",
    "WorkState",
    "attachment_chunks",
    "chain_faults",
    "chain_link",
    "clean_tag",
    "consents_in",
    "extract",
    "intake_bytes",
    "sign_submission",
    "signed_bytes",
    "text_bytes",
    "unpack",
    "verify_intake",
    "verify_place",
    "verify_submission",
    "verify_writing",
]

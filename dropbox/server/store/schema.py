"""The tables. Random or hashed primary keys and no rowids, so that nothing here keeps the order in which things came.

Days only; no clock time, kind beyond `SealedKind`, mandate, name or true size may get a column. A change here needs a
step in `migrations`, for the stores that are there.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData()


def _table(name: str, *parts: SchemaItem) -> Table:
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


def _case() -> Column[str]:
    return Column("case_id", String(32), ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True)


def _item() -> Column[str]:
    return Column("item_id", String(32), ForeignKey("items.item_id", ondelete="CASCADE"), primary_key=True)


def _desk() -> Column[str]:
    return Column("desk_id", String(32), primary_key=True)


def _fingerprint() -> Column[str]:
    return Column("fingerprint", String(40), primary_key=True)


drop_meta = _table(
    "drop_meta",
    Column("name", String(8), primary_key=True),
    Column("format", Integer, nullable=False),
    Column("drop_key", String(64), nullable=False),
    Column("epoch", String(32), nullable=False),
    Column("kdf", String, nullable=False),
    Column("trial", Boolean, nullable=False),
    Column("check_value", String(64), nullable=False),
)

# which version's tables these are; see `migrations`
stamp = _table("alembic_version", Column("version_num", String(32), primary_key=True))

cases = _table(
    "cases",
    Column("case_id", String(32), primary_key=True),
    Column("first_day", Date, nullable=False),
    Column("last_contact_day", Date, nullable=False),
    Column("sealed_mandate", LargeBinary, nullable=False),
    Column("next_number", Integer, nullable=False),
    Column("previous_index", String(64), nullable=False),
    Column("picked_up", Boolean, nullable=False, default=False),
    Column("read", Boolean, nullable=False, default=False),
    Column("answered", Boolean, nullable=False, default=False),
    Column("withdrawn_day", Date),
    Column("first_reply_day", Date),
    # which replies its reporter was shown; see `dropbox.shown`
    Column("sealed_view", LargeBinary),
)

# `lookups` and `resends` each hold a last row (64 times "g", no case and no day), so that a search always finds one
lookups = _table(
    "lookups",
    Column("lookup", String(64), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.case_id", ondelete="CASCADE"), unique=True),
)

resends = _table(
    "resends",
    Column("resend_id", String(64), primary_key=True),
    Column("day", Date),
)

case_desks = _table("case_desks", _case(), _desk())

# desks that had a case until its reporter let another one have it
former_desks = _table(
    "former_desks",
    _case(),
    _desk(),
    Column("to_id", String(32), nullable=False),
    Column("last_day", Date, nullable=False),
)

items = _table(
    "items",
    Column("item_id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.case_id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("day", Date, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("settled", Boolean, nullable=False, default=False),
)

item_desks = _table("item_desks", _item(), Column("desk_id", String(32), primary_key=True, index=True))

reply_locks = _table("reply_locks", _item(), Column("lock", LargeBinary, nullable=False))

tombstones = _table("tombstones", Column("mark", String(64), primary_key=True))

# outlives its items: `item_id` is emptied and `gone_as` filled when the item is let go or erased
desk_log = _table(
    "desk_log",
    _desk(),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("item_id", String(32), index=True),
    Column("sha256", String(64), nullable=False),
    Column("gone_as", String(10)),
)

receipts = _table("receipts", _item(), _desk(), _fingerprint(), Column("day", Date, nullable=False))

memberships = _table(
    "memberships",
    _desk(),
    _fingerprint(),
    Column("first_day", Date, primary_key=True),
    Column("last_day", Date),
)

member_keys = _table(
    "member_keys",
    _fingerprint(),
    Column("day", Date, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

desk_fetches = _table("desk_fetches", _desk(), Column("day", Date, nullable=False))

vaults = _table(
    "vaults",
    Column("vault", String(32), primary_key=True),
    Column("desk_id", String(32), nullable=False),
    Column("author", String(40), nullable=False),
)

# what notes said of keeping and erasing, as far as the drop must know it; gone with the case, or once it was done
keep_steps = _table(
    "keep_steps",
    Column("item_id", String(32), primary_key=True),
    Column("case_id", String(32), ForeignKey("cases.case_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("desk_id", String(32), nullable=False),
    Column("author", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("step", String(12), nullable=False),
    # ids with a blank between them
    Column("about", String, nullable=False),
    Column("number", Integer, nullable=False),
)

# whose part of a case was erased; emptied again when the reporter goes on
erased_desks = _table("erased_desks", _case(), _desk(), Column("day", Date, nullable=False))

answers = _table(
    "answers",
    Column("vault", String(32), ForeignKey("vaults.vault"), primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), primary_key=True),
)

# who sits at a desk, as its members signed it, oldest first; the first one of a desk has no member's signature
roster_statements = _table(
    "roster_statements",
    _desk(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
    Column("signature", LargeBinary),
)

# what the configuration asks for and no member has signed yet
roster_proposals = _table("roster_proposals", _desk(), Column("statement", LargeBinary, nullable=False))

# who may use the courier; `passphrase` is Argon2id's own text
investigators = _table(
    "investigators",
    Column("name", String(32), primary_key=True),
    Column("desks", String, nullable=False),
    Column("client_key", String(52), nullable=False),
    Column("passphrase", LargeBinary, nullable=False),
    # new at each change, so that what was signed in before is over
    Column("turn", String(32), nullable=False),
)

# test reports of ours: gone when they came back, or with their case
canaries = _table(
    "canaries",
    Column("token_hash", String(64), primary_key=True),
    Column("case_id", String(32), nullable=False),
    Column("day", Date, nullable=False),
)

# when the drop last did something of its own accord (a backup, a release), what its operator set: never a reporter's
happenings = _table("happenings", Column("name", String(32), primary_key=True), Column("value", String, nullable=False))

# one line each time the drop's own key or its epoch changed, with the signature that makes it believed
successions = _table(
    "successions",
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
    Column("signature", LargeBinary),
)

epochs = _table(
    "epochs",
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

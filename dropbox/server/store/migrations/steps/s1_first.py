"""The tables of the first released program. No store is made by this step: one from then is recognised by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0.1.0"
down_revision = None


def upgrade() -> None:
    _held()
    _desks()


def _table(name: str, *parts: SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _case(**rest: bool) -> sa.Column[str]:
    return sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.case_id", ondelete="CASCADE"), **rest)  # type: ignore[arg-type]


def _item() -> sa.Column[str]:
    link = sa.ForeignKey("items.item_id", ondelete="CASCADE")
    return sa.Column("item_id", sa.String(32), link, primary_key=True)


def _key(name: str, length: int, **rest: bool) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), primary_key=True, **rest)  # type: ignore[arg-type]


def _held() -> None:
    """Make the tables of the drop itself, of cases and of items."""
    _table(
        "drop_meta",
        _key("name", 8),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("drop_key", sa.String(64), nullable=False),
        sa.Column("epoch", sa.String(32), nullable=False),
        sa.Column("kdf", sa.String, nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("check_value", sa.String(64), nullable=False),
    )
    _table(
        "cases",
        _key("case_id", 32),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_contact_day", sa.Date, nullable=False),
        sa.Column("sealed_mandate", sa.LargeBinary, nullable=False),
        sa.Column("next_number", sa.Integer, nullable=False),
        sa.Column("previous_index", sa.String(64), nullable=False),
        sa.Column("picked_up", sa.Boolean, nullable=False),
        sa.Column("read", sa.Boolean, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.Column("withdrawn_day", sa.Date),
    )
    _table("lookups", _key("lookup", 64), _case(unique=True))
    _table("resends", _key("resend_id", 64), sa.Column("day", sa.Date))
    _table(
        "items",
        _key("item_id", 32),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.case_id"), nullable=False, index=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.Column("settled", sa.Boolean, nullable=False),
    )
    _table("reply_locks", _item(), sa.Column("lock", sa.LargeBinary, nullable=False))
    _table("tombstones", _key("mark", 64))


def _desks() -> None:
    """Make the tables of desks, their members and their vaults."""
    _table("case_desks", _case(primary_key=True), _key("desk_id", 32))
    _table("item_desks", _item(), _key("desk_id", 32, index=True))
    _table(
        "desk_log",
        _key("desk_id", 32),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("item_id", sa.String(32), index=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("gone_as", sa.String(10)),
    )
    day = sa.Column("day", sa.Date, nullable=False)
    _table("receipts", _item(), _key("desk_id", 32), _key("fingerprint", 40), day)
    _table(
        "memberships",
        _key("desk_id", 32),
        _key("fingerprint", 40),
        sa.Column("first_day", sa.Date, primary_key=True),
        sa.Column("last_day", sa.Date),
    )
    _table(
        "member_keys",
        _key("fingerprint", 40),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False),
    )
    _table("desk_fetches", _key("desk_id", 32), sa.Column("day", sa.Date, nullable=False))
    _table(
        "vaults",
        _key("vault", 32),
        sa.Column("desk_id", sa.String(32), nullable=False),
        sa.Column("author", sa.String(40), nullable=False),
    )
    _table(
        "answers",
        sa.Column("vault", sa.String(32), sa.ForeignKey("vaults.vault"), primary_key=True),
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False),
        _key("sha256", 64),
    )

"""Signed rosters, the courier's investigators, test reports, what the drop last did, successions and epochs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0.2.0"
down_revision = "0.1.0_moves"


def upgrade() -> None:
    _table("roster_statements", _desk(), _number(), _statement(), _bytes("signature"))
    _table("roster_proposals", _desk(), _statement())
    _table(
        "investigators",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("desks", sa.String, nullable=False),
        sa.Column("client_key", sa.String(52), nullable=False),
        _bytes("passphrase", nullable=False),
        sa.Column("turn", sa.String(32), nullable=False),
    )
    _table(
        "canaries",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
    )
    _table(
        "happenings",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )
    _table("successions", _number(), _statement(), _bytes("signature"))
    _table("epochs", _number(), _statement(), _bytes("signature", nullable=False))


def _table(name: str, *parts: SchemaItem) -> None:
    op.create_table(name, *parts, sqlite_with_rowid=False)


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer, primary_key=True, autoincrement=False)


def _desk() -> sa.Column[str]:
    return sa.Column("desk_id", sa.String(32), primary_key=True)


def _statement() -> sa.Column[bytes]:
    return _bytes("statement", nullable=False)


def _bytes(name: str, *, nullable: bool = True) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=nullable)

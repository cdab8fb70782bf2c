"""What notes say of keeping and erasing, and whose part of a case was erased."""

import sqlalchemy as sa
from alembic import op

revision = "0.1.0_keeping"
down_revision = "0.1.0_views"

_CASE = "cases.case_id"


def upgrade() -> None:
    op.create_table(
        "keep_steps",
        sa.Column("item_id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey(_CASE, ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("desk_id", sa.String(32), nullable=False),
        sa.Column("author", sa.String(40), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("step", sa.String(12), nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "erased_desks",
        sa.Column("case_id", sa.String(32), sa.ForeignKey(_CASE, ondelete="CASCADE"), primary_key=True),
        sa.Column("desk_id", sa.String(32), primary_key=True),
        sa.Column("day", sa.Date, nullable=False),
        sqlite_with_rowid=False,
    )

"""Which desks had a case until its reporter let another one have it."""

import sqlalchemy as sa
from alembic import op

revision = "0.1.0_moves"
down_revision = "0.1.0_keeping"


def upgrade() -> None:
    op.create_table(
        "former_desks",
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.case_id", ondelete="CASCADE"), primary_key=True),
        sa.Column("desk_id", sa.String(32), primary_key=True),
        sa.Column("to_id", sa.String(32), nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sqlite_with_rowid=False,
    )

"""A case remembers the day of its first reply, and keeps a box of which replies its reporter was shown."""

import sqlalchemy as sa
from alembic import op

revision = "0.1.0_legal_days"
down_revision = "0.1.0"

_FIRST_REPLY = sa.text(
    "UPDATE cases SET first_reply_day ="
    " (SELECT min(day) FROM items WHERE items.case_id = cases.case_id AND items.kind = 'reply')"
)


def upgrade() -> None:
    op.add_column("cases", sa.Column("first_reply_day", sa.Date))
    op.add_column("cases", sa.Column("sealed_view", sa.LargeBinary))
    op.execute(_FIRST_REPLY)

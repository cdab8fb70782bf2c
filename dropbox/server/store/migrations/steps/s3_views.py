"""Every case has a box of what was shown: else having one would tell who chose to hide something."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0.1.0_views"
down_revision = "0.1.0_legal_days"

_BOX_BYTES = 1064


def upgrade() -> None:
    connection = op.get_bind()
    for case in connection.scalars(sa.text("SELECT case_id FROM cases WHERE sealed_view IS NULL")).all():
        # chance bytes open to nothing, as a box does that its reporter never wrote
        filled = {"box": secrets.token_bytes(_BOX_BYTES), "case": case}
        connection.execute(sa.text("UPDATE cases SET sealed_view = :box WHERE case_id = :case"), filled)

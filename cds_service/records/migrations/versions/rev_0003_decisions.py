"""The decision log, and the cards that were shown."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the tables of decisions and of shown cards."""
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("hook_instance", sa.String(64), nullable=False, index=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("client", sa.String(63)),
        sa.Column("patient", sa.String(32), nullable=False, index=True),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.Column("knowledge_hash", sa.String(128), nullable=False),
        sa.Column("card_count", sa.Integer, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "shown_card",
        sa.Column("uuid", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("client", sa.String(63)),
        sa.Column("indicator", sa.String(16), nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("knowledge", sa.String(32), nullable=False),
    )

"""The ids of client tokens that were taken, and the client that a feedback entry came from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Create the table of token ids; feedback gets its client."""
    op.create_table(
        "token_id",
        sa.Column("token_id", sa.String(64), primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False, index=True),
    )
    op.add_column("feedback", sa.Column("client", sa.String(63)))

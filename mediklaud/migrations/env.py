"""Alembic's door: every migration runs on the connection that upgrade() hands over."""

from alembic import context
from sqlmodel import SQLModel

import mediklaud.models  # noqa: F401  the tables, so that they can be compared

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()

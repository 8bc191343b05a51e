"""Run by Alembic for each of its commands; `bopis.migrations` hands over the connection and owns its transaction."""

from __future__ import annotations

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given.get("metadata"),
    render_item=given.get("render_item", lambda kind, item, autogen: False),
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,
    compare_type=True,
)
context.run_migrations()

"""What the models say beside what the steps make: finding the difference, and writing it down as the next step."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON

from bopis import models
from bopis.db import Base, UtcDateTime
from bopis.migrations import alone, config, upgrade

assert models


def differences(url: str) -> list[Any]:
    """What the models have and the database lacks, or the reverse, as Alembic's operations; empty when they agree."""
    with alone(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def revise(message: str) -> Path:
    """Write the step from the newest shape to what the models say now; its file is to be read and corrected."""
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/scratch.db"
        upgrade(url)
        with alone(url) as connection:
            settings = config(connection)
            settings.attributes |= {"metadata": Base.metadata, "render_item": _render}
            number = len(list(ScriptDirectory.from_config(settings).walk_revisions())) + 1
            script = command.revision(settings, message, autogenerate=True, rev_id=f"{number:04}")
    return Path(script.path)  # type: ignore[union-attr]


def _render(kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
    """How a step writes our own column types: as what they are in the database, so that it does not change with us."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, JSON):
        context.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False

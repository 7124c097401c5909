"""What Alembic runs for every command: the steps, in one transaction on the session it is given."""

from alembic import context

from itg.adapters.migrations.tables import METADATA
from itg.adapters.postgres_session import SCHEMA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()

"""What Alembic runs for every command: one service's steps, in the transaction it is given."""

from alembic import context

given = context.config.attributes
context.configure(
    connection=given["connection"],
    target_metadata=given["metadata"],
    version_table_schema=given["schema"],
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

"""The tables of the PostgreSQL journal and how a database comes to them, step by step.

The newest tables are declared in `tables`; `versions` holds each step there, up and down, which
Alembic runs. A step is never edited once it was released; a change is a new one.
"""

"""Read models in a relational database, SQLite or PostgreSQL, one schema for each service.

`tables` declares them as they are now, `migrations` holds the steps to there for each service,
`databases` finds and prepares a database, and `store` applies effects beside the cursors that say
which events are in. Everything here can be made again from the journal.
"""

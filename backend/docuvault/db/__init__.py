"""The relational database: models, queries, full text, migrations."""

"""The database: engine, transactions, column types, bulk statements, migrations. The only room that knows dialects."""

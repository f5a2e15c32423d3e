"""Messages on their way to receivers outside: kept in a table, each receiver in a lane of its own."""

"""The views that other programs read: a contract that stays when the tables change (docs/sql.md).

`definitions` says what each view shows, once for both databases; `rendering` makes SQL of it; `installing` puts it into
a database; `readers` makes PostgreSQL roles that see nothing else.
"""

"""Schema steps, applied in order by `emagsync.db.migrate`. `HEAD` is the newest one."""

HEAD = "20261128_29"

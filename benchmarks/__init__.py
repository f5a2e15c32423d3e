"""How fast emagsync is, beside a bare loop over the same rows: `python -m benchmarks`. See docs/performance.md."""

"""Reference data of each account, as eMAG has it: VAT rates by id, and the names of categories."""

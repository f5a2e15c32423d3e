"""`emagsync offers export` in Parquet."""

from __future__ import annotations

from decimal import Decimal

from entrypoints.cli.command import Cli
from support.databases import rows


def test_a_parquet_file_is_chosen_by_its_name_and_has_the_copy(cli: Cli) -> None:
    from pyarrow import parquet  # an extra: it is imported where it is needed

    assert cli("sync", "fbe", "--mode", "full").code == 0
    target = cli.folder / "offers.parquet"
    done = cli("offers", "export", "--output", target)
    assert (done.code, "40 offers exported" in done.err) == (0, True)
    stored = rows(cli.data_dir, "SELECT emag_id, sale_price FROM v_offers ORDER BY emag_id")
    found = parquet.read_table(target, columns=["emag_id", "sale_price"]).to_pylist()
    assert found == [{"emag_id": row["emag_id"], "sale_price": Decimal(row["sale_price"])} for row in stored]
    refused = cli("offers", "export", "--format", "parquet")
    assert (refused.code, "name a file with --output" in refused.err) == (2, True)

from __future__ import annotations

from pathlib import Path

from placewright.benchmarks.cases.openb import NODES
from placewright.benchmarks.cases.openb_nodes import catalog
from placewright.models.ingest.catalog import read_catalog

ROWS = """sn,cpu_milli,memory_mib,gpu,model
n0,96000,393216,8,G2
n1,96000,393216,8,G2
n2,8000,32768,1,T4
n3,64000,262144,0,
"""


def test_every_shape_with_devices_is_on_offer_once_for_the_price_of_one(tmp_path: Path) -> None:
    (tmp_path / NODES).write_text(ROWS, encoding="utf-8")
    document = catalog(tmp_path)
    assert len(read_catalog(document).catalog.offerings) == 2
    types = document["types"]
    assert [(item["name"], item["price"]) for item in types] == [("g2-8x-96c-384g", 1), ("t4-1x-8c-32g", 1)]
    assert [item["devices"][0]["count"] for item in types] == [8, 1]

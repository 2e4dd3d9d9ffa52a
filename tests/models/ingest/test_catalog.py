"""Catalogs: what is read, and what is refused with type and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from placewright.models.errors import InputError
from placewright.models.ingest.catalog import load_catalog, read_catalog
from placewright.models.schema import CATALOG_EXAMPLE, catalog_json_schema

ROOT = Path(__file__).parents[3]
VALIDATOR = jsonschema.Draft202012Validator(catalog_json_schema())
SAMPLE = ROOT / "scenarios" / "data" / "catalog.yaml"


def catalog(*types: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "placewright.io/v1", "kind": "Catalog", "types": list(types), **fields}


def a_type(name: str = "small", **fields: Any) -> dict[str, Any]:
    return {"name": name, "price": "0.1", "allocatable": {"cpu": 2, "memory": "4Gi"}, **fields}


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        read_catalog(document, source="catalog.yaml")
    return str(refused.value)


def test_a_type_is_on_offer_in_every_zone_at_its_price_there() -> None:
    loaded = read_catalog(catalog(a_type(prices={"b": "0.12"}), zones=["a", "b"]))
    assert [(o.name, o.price) for o in loaded.catalog.offerings] == [
        ("small-a", 100_000),
        ("small-b", 120_000),
    ]
    assert not loaded.daemons_given


def test_prices_are_exact_to_the_millionth() -> None:
    [offering] = read_catalog(catalog(a_type(price="0.000001"))).catalog.offerings
    assert (offering.price, offering.zone) == (1, "")


def test_nodes_have_110_pods_and_the_types_label_unless_said_otherwise() -> None:
    [offering] = read_catalog(catalog(a_type())).catalog.offerings
    assert offering.allocatable["pods"] == 110
    assert offering.labels == {"node.kubernetes.io/instance-type": "small"}


def test_spot_nodes_have_their_own_price_risk_label_and_taints() -> None:
    spot = {"price": "0.03", "interruptionRisk": "0.05", "taints": ["spot=yes:NoSchedule"]}
    _, offering = read_catalog(catalog(a_type(spot=spot))).catalog.offerings
    assert (offering.name, offering.price, offering.risk, offering.spot) == (
        "small-spot",
        30_000,
        50_000,
        True,
    )
    assert offering.labels["placewright.io/spot"] == "true"
    assert [str(taint) for taint in offering.taints] == ["spot: yes"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (catalog(a_type(cpu=1)), 'catalog.yaml: type small: unknown field "cpu"'),
        (catalog({"name": "x", "allocatable": {"cpu": 1}}), "type x: price is missing"),
        (catalog(a_type(price="-1")), "type small: price: expected a price per hour"),
        (catalog(a_type(max=-1)), "type small: max: expected at least 0, found -1"),
        (catalog(a_type(), a_type()), "catalog.yaml: type small: is given twice"),
        (catalog(a_type(zones=["a"], prices={"b": 1})), "type small: prices: zone b is not among"),
        (catalog(a_type(spot={})), "type small: spot: price is missing"),
        (catalog(a_type(onDemand=False)), "onDemand false leaves nothing to buy"),
        (catalog(a_type(allocatable={"cpu": "much"})), "type small: allocatable.cpu: expected a quantity"),
        (catalog(), "types: expected at least one item"),
        (
            catalog(a_type("a"), a_type("a-b", zones=["c"], price=1) | {}, a_type("a-b-c")),
            "named as those of",
        ),
        ({"kind": "Cluster"}, "expected a catalog (placewright.io/v1, kind Catalog), found"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said_with_type_and_field(document: dict[str, Any], message: str) -> None:
    assert message in refusal(document)


def test_the_sample_is_read_and_described() -> None:
    loaded = load_catalog(str(SAMPLE))
    VALIDATOR.validate(yaml.safe_load(SAMPLE.read_text(encoding="utf-8")))
    assert loaded.daemons_given
    assert loaded.catalog.zones == ("eu-1a", "eu-1b", "eu-1c")
    assert loaded.catalog.most == {"huge": 4}


def test_the_schemas_example_is_read() -> None:
    jsonschema.Draft202012Validator.check_schema(catalog_json_schema())
    VALIDATOR.validate(CATALOG_EXAMPLE)
    assert len(read_catalog(CATALOG_EXAMPLE).catalog.offerings) == 6


@pytest.mark.parametrize(
    "fields", [{"zone": "a"}, {"types": []}, {"types": [{"name": 1}]}], ids=["unknown", "no types", "name"]
)
def test_what_is_refused_is_not_described(fields: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**catalog(a_type()), **fields})

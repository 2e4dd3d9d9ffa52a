"""A catalog file -> Catalog: what can be bought, zone by zone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from placewright.models.agent import Agent, AgentSpec, HostPort, OwnerReference
from placewright.models.catalog import INSTANCE_TYPE, ZONE, Catalog, Offering
from placewright.models.errors import InputError
from placewright.models.ingest.concise import DEFAULT_PODS
from placewright.models.ingest.load import one_line
from placewright.models.node import DevicePool, Resources
from placewright.models.quantity import parse_amount
from placewright.models.reading.display import printable, shown
from placewright.models.reading.documents import parse_documents
from placewright.models.reading.files import Skipped, read_blobs
from placewright.models.selector import Effect, Taint, Toleration
from placewright.models.wire import concise_terms
from placewright.models.wire.base import path
from placewright.models.wire.catalog import KIND, VERSION, CatalogDaemon, CatalogType, CatalogWire, SpotTerms
from placewright.models.wire.faults import fault_message

_SINGULAR = {"types": "type", "daemons": "daemon"}
_ALL_INTERFACES = "0.0.0.0"  # noqa: S104 - the API's wildcard, nothing is bound here


@dataclass(frozen=True)
class LoadedCatalog:
    """`daemons_given`: the file says what runs on each node; else the cluster's DaemonSets do."""

    catalog: Catalog
    daemons_given: bool


def load_catalog(named: str) -> LoadedCatalog:
    """The catalog in a file, JSON or YAML. Raises InputError with file, type and field."""
    try:
        if os.path.isdir(named):
            raise InputError("is a directory, expected a catalog", source=named)
        documents = [
            (blob.source, document)
            for blob in read_blobs([named], None, Skipped())
            for document in parse_documents(blob.data, blob.source, blob.path)
        ]
        if len(documents) != 1:
            raise InputError(f"expected one catalog, found {len(documents)} documents", source=named)
        return read_catalog(documents[0][1], source=documents[0][0])
    except RecursionError:
        raise InputError("nested too deeply", source=named) from None
    except InputError as error:
        raise one_line(error) from None


def read_catalog(document: Any, *, source: str = "") -> LoadedCatalog:
    """A parsed document as a catalog. Raises InputError."""
    if not isinstance(document, dict) or document.get("kind") != KIND:
        found = document.get("kind") if isinstance(document, dict) else document
        raise InputError(f"expected a catalog ({VERSION}, kind {KIND}), found {shown(found)}", source=source)
    try:
        wire = CatalogWire.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        subject, inside = _subject(document, first["loc"])
        field = printable(path(inside))
        raise InputError(fault_message(first), source=source, subject=subject, field=field) from None
    try:
        catalog = Catalog(
            offerings=tuple(_offerings(wire)),
            most={item.name: item.max for item in wire.types if item.max is not None},
            most_interruptions=wire.most_interruptions,
            daemons=tuple(_daemon(daemon) for daemon in wire.daemons or ()),
            currency=wire.currency,
        )
    except InputError as error:
        raise error.located(source=source) from None
    return LoadedCatalog(catalog, wire.daemons is not None)


def _subject(
    document: Mapping[str, Any], location: tuple[int | str, ...]
) -> tuple[str, tuple[int | str, ...]]:
    """`type m5.large` and what is left of the location; without a name its number in the list."""
    section, *inside = location or ("",)
    if not inside or section not in _SINGULAR or not isinstance(inside[0], int):
        return "", location
    item = document[str(section)][inside[0]]
    name = item.get("name") if isinstance(item, dict) else None
    known = isinstance(name, str) and name
    subject = f"{_SINGULAR[str(section)]} {printable(str(name))[:80]}" if known else f"{section}[{inside[0]}]"
    return subject, tuple(inside[1:])


def _offerings(wire: CatalogWire) -> Iterator[Offering]:
    seen: set[str] = set()
    names: dict[str, str] = {}
    for item in wire.types:
        if item.name in seen:
            raise InputError("is given twice", subject=f"type {item.name}")
        seen.add(item.name)
        for offering in _of_type(wire, item):
            if names.setdefault(offering.name, item.name) != item.name:
                message = f"its nodes would be named as those of type {names[offering.name]}: {offering.name}"
                raise InputError(message, subject=f"type {item.name}")
            yield offering


def _of_type(wire: CatalogWire, item: CatalogType) -> Iterator[Offering]:
    given = {"pods": DEFAULT_PODS, **item.allocatable}
    allocatable = {name: _amount(item, name, given[name]) for name in sorted(given)}
    if item.on_demand:
        for zone, price in _prices(wire, item, item):
            yield _offering(item, zone, price, allocatable, None)
    if item.spot is not None:
        for zone, price in _prices(wire, item, item.spot):
            yield _offering(item, zone, price, allocatable, item.spot)


def _amount(item: CatalogType, name: str, value: Any) -> int:
    try:
        return parse_amount(name, value)
    except InputError as error:
        raise error.located(subject=f"type {item.name}", field=f"allocatable.{name}") from None


def _prices(
    wire: CatalogWire, item: CatalogType, terms: CatalogType | SpotTerms
) -> Iterator[tuple[str, int]]:
    """Zone and price where there is one; a catalog without zones has the one zone ""."""
    everywhere = item.zones or wire.zones
    for zone in everywhere or tuple(terms.prices) or ("",):
        price = terms.prices.get(zone, terms.price)
        if price is not None:
            yield zone, price
    unknown = [zone for zone in terms.prices if everywhere and zone not in everywhere]
    if unknown:
        message = f"zone {unknown[0]} is not among those of the type: {', '.join(everywhere)}"
        raise InputError(message, subject=f"type {item.name}", field="prices")


def _offering(
    item: CatalogType, zone: str, price: int, allocatable: Resources, spot: SpotTerms | None
) -> Offering:
    zoned = {ZONE: zone} if zone else {}
    own = {INSTANCE_TYPE: item.name, **zoned, **item.labels}
    taints = [*item.taints, *(spot.taints if spot else ())]
    return Offering(
        type_name=item.name,
        zone=zone,
        price=price,
        allocatable=allocatable,
        labels={**own, **(spot.labels if spot else {})},
        taints=tuple(_taint(taint) for taint in taints),
        devices=tuple(DevicePool(pool.resource, pool.count, pool.model) for pool in item.devices),
        spot=spot is not None,
        risk=spot.interruption_risk if spot else 0,
    )


def _taint(wire: concise_terms.Taint) -> Taint:
    return Taint(wire.key, Effect(wire.effect), wire.value)


def _daemon(wire: CatalogDaemon) -> Agent:
    requests = {name: parse_amount(name, value) for name, value in wire.requests.items()}
    tolerations = (Toleration(t.key or "", t.operator, t.value, t.effect or "") for t in wire.tolerations)
    ports = (HostPort(p.host_port, p.protocol, p.host_ip or _ALL_INTERFACES) for p in wire.host_ports)
    return Agent(
        namespace=wire.namespace,
        name=wire.name,
        spec=AgentSpec(
            requests=requests,
            scoring_requests=requests,
            node_selector=wire.node_selector,
            tolerations=tuple(tolerations),
            host_ports=tuple(ports),
        ),
        labels=wire.labels,
        owner=OwnerReference("DaemonSet", wire.name),
    )

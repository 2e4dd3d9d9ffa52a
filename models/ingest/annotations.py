"""placewright's own annotations on pods and nodes: data, traffic, and who is not to be evicted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from placewright.models.agent import Talk
from placewright.models.errors import InputError
from placewright.models.ingest.selectors import label_selector
from placewright.models.quantity import parse_amount
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.wire.annotations import DataUseWire, TalkWire
from placewright.models.wire.devices import parse_annotation
from placewright.models.wire.meta import Metadata

NEEDS_DATA = "placewright.io/needs-data"
DATA = "placewright.io/data"
TALKS_TO = "placewright.io/talks-to"
NON_PREEMPTABLE = "placewright.io/non-preemptable"
VOLCANO_PREEMPTABLE = "volcano.sh/preemptable"

APP = "app"
"""The label that the short form of `placewright.io/talks-to` is about."""


def needs_data(annotations: Mapping[str, str]) -> dict[str, int]:
    """What an agent reads, by name, in bytes: `llama=14Gi,faq=200Mi`, or a JSON list. Raises InputError."""
    text = annotations.get(NEEDS_DATA)
    if text is None:
        return {}
    field = f"metadata.annotations.{NEEDS_DATA}"
    if text.lstrip().startswith("["):
        uses = [(use.name, use.size) for use in parse_annotation(annotations, NEEDS_DATA, DataUseWire)]
    else:
        uses = [*_pairs(text, field)]
    needed: dict[str, int] = {}
    for name, size in uses:
        if name in needed:
            raise InputError(f"{name!r} is given twice", field=field)
        try:
            needed[name] = parse_amount("memory", size)
        except InputError as error:
            raise error.located(field=f"{field}.{name}") from None
    return needed


def _pairs(text: str, field: str) -> Iterator[tuple[str, str]]:
    for item in text.split(","):
        name, equals, size = (part.strip() for part in item.partition("="))
        if not name or not equals or not size:
            raise InputError(
                f"expected a comma separated list such as llama=14Gi, or a JSON list, found {text!r}",
                field=field,
            )
        yield name, size


def data_names(annotations: Mapping[str, str]) -> frozenset[str]:
    """What data a node has: comma separated names."""
    names = (name.strip() for name in annotations.get(DATA, "").split(","))
    return frozenset(name for name in names if name)


def talks_to(annotations: Mapping[str, str], labels: Mapping[str, str], namespace: str) -> tuple[Talk, ...]:
    """Whom an agent of this namespace talks to, by annotation and by label. Raises InputError."""
    talks = []
    for i, wire in enumerate(parse_annotation(annotations, TALKS_TO, TalkWire)):
        short = match_labels(wire.match_labels)
        selector = label_selector(wire.label_selector) if short.empty else short
        if selector is not None and not selector.parses:
            field = f"metadata.annotations.{TALKS_TO}[{i}]"
            raise InputError("expected a selector that the API would take", field=field)
        where = frozenset({wire.namespace or namespace})
        talks.append(Talk(AffinityTerm("", selector, where), wire.weight))
    if labels.get(TALKS_TO):
        selector = match_labels({APP: labels[TALKS_TO]})
        talks.append(Talk(AffinityTerm("", selector, frozenset({namespace}))))
    return tuple(talks)


def says_preemptable(metadata: Metadata) -> bool:
    """False where a label or an annotation says that the agent is not to be evicted."""
    said = (metadata.labels, metadata.annotations)
    refused = any(given.get(NON_PREEMPTABLE) == "true" for given in said)
    return not refused and all(given.get(VOLCANO_PREEMPTABLE) != "false" for given in said)

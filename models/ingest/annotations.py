"""What annotations on pods and nodes say: data, traffic, soft capacity, who is not to be evicted, moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from placewright.models.agent import Talk
from placewright.models.errors import InputError
from placewright.models.ingest.selectors import label_selector
from placewright.models.quantity import parse_amount
from placewright.models.selector import AffinityTerm, match_labels
from placewright.models.wire.annotations import DataUseWire, NearWire, TalkWire
from placewright.models.wire.devices import parse_annotation
from placewright.models.wire.meta import SharedMetadata
from placewright.models.wire.pod import Volume

ADMITTED = "placewright.io/admitted"
"""`"true"` on a waiting agent that exists already although nobody knows its uid."""
DEVICES = "placewright.io/devices"
DEVICE_IDS = "placewright.io/device-ids"
MIRROR = "kubernetes.io/config.mirror"
NEEDS_DATA = "placewright.io/needs-data"
DATA = "placewright.io/data"
SOFT_CAPACITY = "placewright.io/soft-capacity"
TALKS_TO = "placewright.io/talks-to"
NON_PREEMPTABLE = "placewright.io/non-preemptable"
VOLCANO_PREEMPTABLE = "volcano.sh/preemptable"
DO_NOT_DISRUPT = {
    "placewright.io/do-not-disrupt": "true",
    "karpenter.sh/do-not-disrupt": "true",
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
}
"""Annotations by which an agent asks to be left where it is, with the value that says so."""
SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
SAFE_VOLUMES = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
MIN_DOMAINS = "placewright.io/min-domains"
NEAR = "placewright.io/near"
MOVE_WEIGHT = "placewright.io/move-weight"
OF_AGENTS = {NEEDS_DATA, TALKS_TO, MIN_DOMAINS, NEAR, NON_PREEMPTABLE, VOLCANO_PREEMPTABLE, *DO_NOT_DISRUPT}
OF_AGENTS |= {SAFE_TO_EVICT, SAFE_VOLUMES, MOVE_WEIGHT, ADMITTED, DEVICES, DEVICE_IDS, MIRROR}
"""What is read of an agent's annotations: all others may differ from replica to replica."""
MOST_WEIGHT = 1000
"""The largest weight of one move."""

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
        uses = [*_pairs(text, field, "llama=14Gi, or a JSON list")]
    needed: dict[str, int] = {}
    for name, size in uses:
        if name in needed:
            raise InputError(f"{name!r} is given twice", field=field)
        try:
            needed[name] = parse_amount("memory", size)
        except InputError as error:
            raise error.located(field=f"{field}.{name}") from None
    return needed


def soft_capacity(annotations: Mapping[str, str]) -> dict[str, int]:
    """Up to what a node had better be used: `cpu=6,memory=24Gi`. Raises InputError."""
    text = annotations.get(SOFT_CAPACITY)
    if text is None:
        return {}
    field = f"metadata.annotations.{SOFT_CAPACITY}"
    found: dict[str, int] = {}
    for name, amount in _pairs(text, field, "cpu=6,memory=24Gi"):
        if name in found:
            raise InputError(f"{name!r} is given twice", field=field)
        try:
            found[name] = parse_amount(name, amount)
        except InputError as error:
            raise error.located(field=f"{field}.{name}") from None
    return found


def _pairs(text: str, field: str, example: str) -> Iterator[tuple[str, str]]:
    for item in text.split(","):
        name, equals, size = (part.strip() for part in item.partition("="))
        if not name or not equals or not size:
            raise InputError(
                f"expected a comma separated list such as {example}, found {text!r}",
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


def min_domains(annotations: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """In how many domains a workload is at least: `topology.kubernetes.io/zone=3`. Raises InputError."""
    text = annotations.get(MIN_DOMAINS)
    if text is None:
        return ()
    field = f"metadata.annotations.{MIN_DOMAINS}"
    found: dict[str, int] = {}
    for key, number in _pairs(text, field, "topology.kubernetes.io/zone=3"):
        if key in found:
            raise InputError(f"{key!r} is given twice", field=field)
        if not (number.isascii() and number.isdigit() and len(number) < 6 and int(number) > 0):
            raise InputError(f"expected a positive number of domains, found {number!r}", field=field)
        found[key] = int(number)
    return tuple(sorted(found.items()))


def near(annotations: Mapping[str, str], namespace: str) -> tuple[AffinityTerm, ...]:
    """Whom an agent is near, each in a domain of a topology key. Raises InputError."""
    return tuple(
        AffinityTerm(
            wire.topology_key, match_labels(wire.match_labels), frozenset({wire.namespace or namespace})
        )
        for wire in parse_annotation(annotations, NEAR, NearWire)
    )


def says_preemptable(metadata: SharedMetadata) -> bool:
    """False where a label or an annotation says that the agent is not to be evicted."""
    said = (metadata.labels, metadata.annotations)
    refused = any(given.get(NON_PREEMPTABLE) == "true" for given in said)
    return not refused and all(given.get(VOLCANO_PREEMPTABLE) != "false" for given in said)


def stays_because(annotations: Mapping[str, str]) -> str:
    """The annotation that asks for the agent not to be disrupted, as written; "" where none does."""
    for name, value in DO_NOT_DISRUPT.items():
        if annotations.get(name) == value:
            return f"{name}: {value}"
    return ""


def keeps_data_locally(metadata: SharedMetadata, volumes: Sequence[Volume]) -> bool:
    """Whether a move would lose what the agent keeps on its node, as cluster-autoscaler sees it.

    In an emptyDir or on the host; not in memory, and not where an annotation says that it may be lost.
    """
    if metadata.annotations.get(SAFE_TO_EVICT) == "true":
        return False
    safe = {name.strip() for name in metadata.annotations.get(SAFE_VOLUMES, "").split(",")}
    return any(_is_local(volume) and volume.name not in safe for volume in volumes)


def _is_local(volume: Volume) -> bool:
    if volume.empty_dir is not None:
        return volume.empty_dir.get("medium") != "Memory"
    return volume.host_path is not None


def move_weight(annotations: Mapping[str, str]) -> int:
    """What moving the agent counts beside another one of its kind: 1 unless it says so. Raises InputError."""
    text = annotations.get(MOVE_WEIGHT)
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) < 5 and int(text) <= MOST_WEIGHT):
        raise InputError(
            f"expected a whole number from 0 to {MOST_WEIGHT}, found {text!r}",
            field=f"metadata.annotations.{MOVE_WEIGHT}",
        )
    return int(text)

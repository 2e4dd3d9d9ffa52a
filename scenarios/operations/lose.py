"""A topology domain fails: a zone, a rack, one node, or whatever a label tells apart."""

from __future__ import annotations

from pydantic import Field, model_validator

from placewright.models.errors import InputError
from placewright.models.reading.display import nearest, shown
from placewright.models.snapshot import Snapshot
from placewright.models.wire.concise_base import LabelKey, LabelValue, unfit
from placewright.scenarios.displace import without_nodes
from placewright.scenarios.operations.base import ZONE, Operation


class Lose(Operation):
    """Lose every node of a topology domain at once. What ran there is pending again."""

    zone: LabelValue | None = None
    """Short for the topologyKey topology.kubernetes.io/zone and this value."""
    topology_key: LabelKey | None = None
    """The node label whose values are the domains, such as kubernetes.io/hostname or a label for racks."""
    value: LabelValue | None = Field(default=None)
    """The domain that is lost."""

    @model_validator(mode="after")
    def _fits(self) -> Lose:
        if (self.topology_key is None) != (self.value is None):
            raise unfit("topologyKey and value go together: which label, and which of its values is lost?")
        if (self.zone is None) == (self.topology_key is None):
            raise unfit("give zone, or topologyKey and value")
        return self

    def apply(self, snapshot: Snapshot) -> Snapshot:
        key = self.topology_key or ZONE
        value = self.value if self.zone is None else self.zone
        names = {node.name for node in snapshot.nodes if node.labels.get(key) == value}
        if not names:
            known = dict.fromkeys(node.labels[key] for node in snapshot.nodes if key in node.labels)
            raise InputError(f"no node has {key} {shown(value)}{nearest(str(value), known)}")
        return without_nodes(snapshot, names)

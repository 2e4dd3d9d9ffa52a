"""Nodes as they are named on the command line: a name, or labels as kubectl takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from placewright.models.errors import UsageError
from placewright.models.reading.display import shown
from placewright.models.selector import LabelSelector, Operator, Requirement
from placewright.models.snapshot import Snapshot

_TERM = re.compile(r"(?P<no>!?)(?P<key>[A-Za-z0-9._/-]+)(?:(?P<sign>==?|!=)(?P<value>[A-Za-z0-9._-]*))?")


def chosen_nodes(snapshot: Snapshot, texts: Sequence[str], option: str) -> set[str]:
    """The names of the nodes that any of the texts chooses: `node-3`, or `pool=old,gpu,!spot,zone!=a`.

    Raises UsageError where one cannot be read, or chooses no node.
    """
    chosen: set[str] = set()
    for text in texts:
        if text in snapshot.node_by_name:
            chosen.add(text)
            continue
        selector = LabelSelector(tuple(_requirements(text, option)))
        found = {node.name for node in snapshot.nodes if selector.matches(node.labels)}
        if not found:
            raise UsageError(f"chooses no node of the cluster: {shown(text)}", field=option)
        chosen |= found
    return chosen


def _requirements(text: str, option: str) -> Iterator[Requirement]:
    for part in text.split(","):
        term = _TERM.fullmatch(part.strip())
        if term is None or (term["no"] and term["sign"]):
            raise UsageError(
                f"expected a node's name or labels such as pool=old,!gpu, found {shown(text)}", field=option
            )
        if term["sign"] is None:
            operator = Operator.DOES_NOT_EXIST if term["no"] else Operator.EXISTS
            yield Requirement(term["key"], operator, ())
        else:
            operator = Operator.NOT_IN if term["sign"] == "!=" else Operator.IN
            yield Requirement(term["key"], operator, (term["value"],))

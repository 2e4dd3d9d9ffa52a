"""Topology domains that a wish cannot tell apart, for its bound in the linear relaxation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placewright.solver.compilation import IntArray
from placewright.solver.objectives.pairing import Pairing
from placewright.solver.relaxation import Relaxation


@dataclass(frozen=True)
class Bundle:
    """Domains that are alike: `number` of them, each with `owning` owners and `present` others there to stay.

    most_owners, most_meant: how many of each may come to one of them, at most.
    """

    number: int
    owning: int
    present: int
    most_owners: int
    most_meant: int


def bundled(
    pairing: Pairing, relaxation: Relaxation, classes: Sequence[IntArray]
) -> tuple[IntArray, list[Bundle]]:
    """The bundle of each node (N,), and the bundles.

    Domains are alike that have the same owners and others, and lie within the same class of nodes; one that
    several classes share is like no other. Nodes without a domain have the index past the last bundle.
    """
    owning = pairing.by_domain(np.where(pairing.where, pairing.owning, 0))
    present = pairing.by_domain(np.where(pairing.within, pairing.present, 0))
    class_of = relaxation.shared(
        ("class of each domain", pairing.domain.tobytes(), len(classes)), lambda: _class_of(pairing, classes)
    )
    # One number for all three: rows would take ten times as long to sort.
    own_kinds, there_kinds = int(owning.max(initial=0)) + 1, int(present.max(initial=0)) + 1
    kinds, of = np.unique((class_of * own_kinds + owning) * there_kinds + present, return_inverse=True)
    owners = _most(relaxation, pairing, pairing.owners, np.where(pairing.where, relaxation.size.sum(), 0))
    meant = _most(relaxation, pairing, pairing.meant, np.where(pairing.within, pairing.fit, 0))
    bundles = []
    for b, kind in enumerate(kinds.tolist()):
        alike = of == b
        own, there = kind // there_kinds % own_kinds, kind % there_kinds
        # No more than there are at all.
        left = pairing.asked.most + pairing.asked.itself - there
        most = min(left, int(meant[alike].max()))
        bundles.append(Bundle(int(alike.sum()), own, there, int(owners[alike].max()), most))
    return np.where(pairing.domain >= 0, np.append(of, 0)[pairing.domain], len(bundles)), bundles


def _class_of(pairing: Pairing, classes: Sequence[IntArray]) -> IntArray:
    """int64 (D,): the class that holds each domain, or a number of its own for one in several classes."""
    first = np.full(pairing.domains, len(classes), dtype=np.int64)
    last = np.full(pairing.domains, -1, dtype=np.int64)
    for c, nodes in enumerate(classes):
        here = pairing.domain[nodes]
        np.minimum.at(first, here[here >= 0], c)
        np.maximum.at(last, here[here >= 0], c)
    return np.where(first == last, first, len(classes) + np.arange(pairing.domains))


def _most(relaxation: Relaxation, pairing: Pairing, groups: IntArray, room: IntArray) -> IntArray:
    """int64 (D,): how many of `groups` a domain may take, at most `room` (N,) on each node."""
    most = np.zeros(pairing.domains, dtype=np.int64)
    for g in groups.tolist():
        ceiling = relaxation.ceiling(g, pairing.domain, pairing.domains)
        most += np.minimum(ceiling, pairing.by_domain(np.minimum(relaxation.cap[g], room)))
    return np.minimum(most, pairing.by_domain(np.minimum(relaxation.cap[groups].sum(axis=0), room)))

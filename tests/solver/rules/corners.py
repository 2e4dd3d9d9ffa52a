"""Random selectors, terms and nodes with the corner cases of the API: empty, null, negative, not parsable."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from placewright.models.node import Node
from placewright.models.selector import AffinityTerm, LabelSelector, match_labels
from placewright.tests.builders import HOSTNAME, ZONE, node, requirement, selector

NAMESPACES = {"default": {"kind": "shared"}, "team": {"kind": "own"}, "bare": {}}


def random_labels(rng: Random) -> dict[str, str]:
    """Up to two labels of few values."""
    labels = {"app": rng.choice("ab"), "tier": rng.choice("12")}
    return {key: value for key, value in labels.items() if rng.random() < 0.8}


def random_selector(rng: Random) -> LabelSelector | None:
    """Mostly by a label, sometimes everybody, nobody, whoever lacks a label, or what does not parse."""
    kind = rng.randrange(12)
    corners = {
        0: None,
        1: selector(),
        2: selector(requirement("app", "NotIn", rng.choice("ab"))),
        3: selector(requirement("tier", "DoesNotExist")),
        4: selector(requirement("app", "Exists"), requirement("tier", "In", "1", "2")),
        5: selector(requirement("app", "In")),
    }
    return corners[kind] if kind in corners else match_labels({"app": rng.choice("ab")})


def random_term(rng: Random, namespace: str) -> AffinityTerm:
    """Over zones, hosts or racks, in the owner's namespace or in others, by name or by their labels."""
    key = rng.choice((ZONE, ZONE, HOSTNAME, "rack"))
    wanted = random_selector(rng)
    if rng.random() < 0.7:
        return AffinityTerm(key, wanted, frozenset({namespace}))
    others = rng.choice(
        (
            selector(),
            match_labels({"kind": "own"}),
            selector(requirement("kind", "NotIn", "own")),
            selector(requirement("kind", "DoesNotExist")),
        )
    )
    named = frozenset({"team"}) if rng.random() < 0.3 else frozenset[str]()
    return AffinityTerm(key, wanted, named, others)


def random_nodes(rng: Random, most: int = 3) -> Iterator[Node]:
    """Nodes some of which have no zone, or no rack; and little room."""
    for i in range(rng.randint(1, most)):
        rack = {"rack": rng.choice("xy")} if rng.random() < 0.6 else {}
        zone = rng.choice(("a", "b", None))
        yield node(f"n{i}", zone=zone, labels=rack, pods=rng.choice((1, 2, 9)))

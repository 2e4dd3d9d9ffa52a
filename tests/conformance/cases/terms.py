"""Random selectors and the constraints made of them: node affinity, company, spread, tolerations."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from placewright.tests.conformance.cases.words import (
    APPS,
    EFFECTS,
    NAMESPACES,
    RACK,
    REGION,
    TAINT_KEYS,
    TAINT_VALUES,
    TIERS,
    TOPOLOGY_KEYS,
    VERSIONS,
    ZONE,
    Object,
    chance,
    some,
)

LABELS = {"app": APPS, "tier": TIERS, "version": VERSIONS}
NODE_LABELS = {
    ZONE: ("a", "b", "c"),
    REGION: ("r1", "r2"),
    RACK: ("k1", "k2", ""),
    "disk": ("ssd", "hdd"),
}


def expression(rng: Random, vocabulary: Mapping[str, tuple[str, ...]]) -> Object:
    """One line of matchExpressions over labels that things have."""
    key = rng.choice((*vocabulary, "absent"))
    operator = rng.choice(("In", "In", "In", "NotIn", "NotIn", "Exists", "DoesNotExist"))
    if operator in ("Exists", "DoesNotExist"):
        return {"key": key, "operator": operator}
    known = vocabulary.get(key, ("x",))
    return {"key": key, "operator": operator, "values": rng.sample(known, rng.randint(1, min(2, len(known))))}


def selector(rng: Random, own: dict[str, str]) -> Object | None:
    """A label selector: null, empty, on the agent's own labels, or on somebody's."""
    if chance(rng, 4):
        return None
    if chance(rng, 6):
        return {}
    made: Object = {}
    if chance(rng, 75):
        known = own if own and chance(rng, 65) else {"app": rng.choice(APPS)}
        key = rng.choice(sorted(known))
        made["matchLabels"] = {key: known[key]}
    if not made or chance(rng, 25):
        made["matchExpressions"] = [expression(rng, LABELS) for _ in range(rng.choice((1, 1, 2)))]
    return made


def namespace_selector(rng: Random) -> Object:
    if chance(rng, 25):
        return {}
    if chance(rng, 50):
        return {"matchLabels": rng.choice(({"team": "a"}, {"env": "dev"}, {"team": "none"}))}
    vocabulary = {"team": ("a", "b"), "env": ("prod", "dev")}
    return {"matchExpressions": [expression(rng, vocabulary) for _ in range(rng.choice((1, 1, 2)))]}


def term(rng: Random, own: dict[str, str], *, keys: tuple[str, ...] = TOPOLOGY_KEYS) -> Object:
    """A pod affinity term, its matchLabelKeys merged into the selector as the API server stores it."""
    made: Object = {"topologyKey": rng.choice(keys)}
    chosen = selector(rng, own)
    if chosen is not None:
        made["labelSelector"] = chosen
        if chance(rng, 12):
            merge_keys(rng, made, own)
    if chance(rng, 18):
        made["namespaces"] = rng.sample(tuple(NAMESPACES), rng.randint(1, 2))
    if chance(rng, 18):
        made["namespaceSelector"] = namespace_selector(rng)
    return made


def merge_keys(rng: Random, made: Object, own: dict[str, str]) -> None:
    field, operator = rng.choice((("matchLabelKeys", "In"), ("mismatchLabelKeys", "NotIn")))
    used = {e["key"] for e in made["labelSelector"].get("matchExpressions", [])}
    used |= set(made["labelSelector"].get("matchLabels", {}))
    free = [key for key in ("version", "tier", "absent") if key not in used]
    if not free:
        return
    key = rng.choice(free)
    made[field] = [key]
    if key in own:
        merged = {"key": key, "operator": operator, "values": [own[key]]}
        expressions = [*made["labelSelector"].get("matchExpressions", []), merged]
        made["labelSelector"] = {**made["labelSelector"], "matchExpressions": expressions}


def company(rng: Random, own: dict[str, str]) -> Object:
    """podAffinity and podAntiAffinity."""
    made: Object = {}
    affinity: Object = {}
    strangers: Object = {}
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    if chance(rng, 18):
        affinity[required] = [term(rng, own) for _ in range(rng.choice((1, 1, 1, 2)))]
    if chance(rng, 22):
        strangers[required] = [term(rng, own) for _ in range(rng.choice((1, 1, 2)))]
    for side in (affinity, strangers):
        if chance(rng, 22):
            side[preferred] = [
                {"weight": rng.randint(1, 100), "podAffinityTerm": term(rng, own)}
                for _ in range(rng.choice((1, 1, 2)))
            ]
    if affinity:
        made["podAffinity"] = affinity
    if strangers:
        made["podAntiAffinity"] = strangers
    return made


def node_expression(rng: Random) -> Object:
    if chance(rng, 25):
        value = rng.choice(("8", "8", "4", "08", "15", "x", "1.5"))
        return {"key": "cores", "operator": rng.choice(("Gt", "Lt")), "values": [value]}
    return expression(rng, NODE_LABELS)


def node_term(rng: Random, nodes: int) -> Object:
    """A node selector term; sometimes empty, sometimes on the node's name."""
    if chance(rng, 4):
        return {}
    made: Object = {}
    if chance(rng, 12):
        operator = rng.choice(("In", "In", "NotIn"))
        name = f"n{rng.randrange(nodes + 1)}"
        made["matchFields"] = [{"key": "metadata.name", "operator": operator, "values": [name]}]
    if not made or chance(rng, 50):
        made["matchExpressions"] = [node_expression(rng) for _ in range(rng.choice((1, 1, 2)))]
    return made


def node_affinity(rng: Random, nodes: int) -> Object:
    made: Object = {}
    if chance(rng, 20):
        terms = [node_term(rng, nodes) for _ in range(rng.choice((1, 1, 2, 3)))]
        made["requiredDuringSchedulingIgnoredDuringExecution"] = {"nodeSelectorTerms": terms}
    if chance(rng, 22):
        made["preferredDuringSchedulingIgnoredDuringExecution"] = [
            {"weight": rng.randint(1, 100), "preference": node_term(rng, nodes)}
            for _ in range(rng.choice((1, 2, 2)))
        ]
    return made


def spread(rng: Random, own: dict[str, str]) -> list[Object]:
    """topologySpreadConstraints; a key and an action come once together, as the API demands."""
    if not chance(rng, 35):
        return []
    made: dict[tuple[str, str], Object] = {}
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        key = rng.choice(TOPOLOGY_KEYS)
        action = rng.choice(("DoNotSchedule", "ScheduleAnyway"))
        constraint: Object = {"topologyKey": key, "maxSkew": rng.randint(1, 3), "whenUnsatisfiable": action}
        chosen = selector(rng, own)
        if chosen is not None:
            constraint["labelSelector"] = chosen
            used = {e["key"] for e in chosen.get("matchExpressions", [])} | set(chosen.get("matchLabels", {}))
            free = [key for key in ("version", "tier", "absent") if key not in used]
            if free and chance(rng, 15):
                constraint["matchLabelKeys"] = [rng.choice(free)]
        if action == "DoNotSchedule" and chance(rng, 20):
            constraint["minDomains"] = rng.randint(1, 4)
        for policy in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            if chance(rng, 25):
                constraint[policy] = rng.choice(("Honor", "Ignore"))
        made[key, action] = constraint
    return list(made.values())


def tolerations(rng: Random) -> list[Object]:
    if chance(rng, 6):
        return [{"operator": "Exists"}]
    made = []
    for key in some(rng, (*TAINT_KEYS, "node.kubernetes.io/unschedulable"), 3) if chance(rng, 50) else ():
        toleration: Object = {"key": key}
        if chance(rng, 60):
            toleration["operator"] = "Exists"
        else:
            value = rng.choice(TAINT_VALUES)
            toleration |= {"operator": "Equal", "value": value} if chance(rng, 50) else {"value": value}
        if chance(rng, 60):
            toleration["effect"] = rng.choice(EFFECTS)
        if toleration.get("effect") == "NoExecute" and chance(rng, 50):
            toleration["tolerationSeconds"] = 300
        made.append(toleration)
    return made

"""An agent's own affinity terms, as they are evaluated when it comes in."""

from __future__ import annotations

from dataclasses import replace

from placewright.models.agent import Agent, WeightedAffinityTerm
from placewright.models.rules.topology import Matcher
from placewright.models.selector import AffinityTerm, LabelSelector, Operator
from placewright.models.snapshot import Snapshot

_NEGATIVE = frozenset({Operator.NOT_IN, Operator.DOES_NOT_EXIST})


PLUGIN = "InterPodAffinity"


def own_affinity(snapshot: Snapshot, agent: Agent) -> tuple[AffinityTerm, ...]:
    """Required affinity terms, as far as the agent's profile asks for company at all."""
    if not agent.spec.affinity or not snapshot.filters(PLUGIN, agent):
        return ()
    return tuple(_seen(snapshot, term) for term in agent.spec.affinity)


def own_anti_affinity(snapshot: Snapshot, agent: Agent) -> tuple[AffinityTerm, ...]:
    """Required anti-affinity terms."""
    return tuple(_seen(snapshot, term) for term in agent.spec.anti_affinity)


def own_preferred(snapshot: Snapshot, agent: Agent) -> tuple[WeightedAffinityTerm, ...]:
    """Preferred terms, affinity and anti-affinity."""
    return tuple(
        replace(own, term=_seen(snapshot, own.term)) if own.term.namespace_selector is not None else own
        for own in agent.spec.preferred_affinity
    )


def own_matcher(snapshot: Snapshot, agent: Agent) -> Matcher:
    """Whom an agent counts as company: those that match ALL its required affinity terms at once."""
    return Matcher(own_affinity(snapshot, agent))


def _seen(snapshot: Snapshot, term: AffinityTerm) -> AffinityTerm:
    """The term as 1.35 and 1.36 see it where the quirk is asked for (§5.1), else as it is meant.

    They test an incoming agent's namespaceSelector against no labels at all once it has been resolved to
    names: one made of NotIn and DoesNotExist alone then holds for every namespace.
    """
    selector = term.namespace_selector
    if not snapshot.options.quirk_namespace_selector or selector is None or not selector.requirements:
        return term
    if all(requirement.operator in _NEGATIVE for requirement in selector.requirements):
        return replace(term, namespace_selector=LabelSelector())
    return term

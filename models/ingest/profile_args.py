"""What a profile's pluginConfig says, with kube-scheduler's defaults for what it leaves open (§9.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from placewright.models.agent import InclusionPolicy, SpreadConstraint
from placewright.models.errors import InputError
from placewright.models.ingest.selectors import node_selector, node_term
from placewright.models.profile import DEFAULT_RESOURCES, DefaultSpread, FitArgs, ScoreName
from placewright.models.reading.display import nearest
from placewright.models.selector import NodeSelector, PreferredNodeTerm
from placewright.models.wire.base import parse
from placewright.models.wire.concise_terms import NodeAffinity
from placewright.models.wire.faults import parse_strict
from placewright.models.wire.plugin_args import (
    ARGS,
    Args,
    DefaultConstraint,
    NodeResourcesBalancedAllocationArgs,
    NodeResourcesFitArgs,
    PodTopologySpreadArgs,
    ShapePoint,
    WeightedResource,
)
from placewright.models.wire.pod import NodeAffinityWire
from placewright.models.wire.scheduler_config import PluginConfig

ArgsT = TypeVar("ArgsT", bound=Args)


@dataclass(frozen=True)
class PluginArgs:
    """The arguments of one profile's plugins, checked; a plugin that is not there has its defaults."""

    given: Mapping[str, Args] = field(default_factory=dict)

    def of(self, schema: type[ArgsT]) -> ArgsT:
        found = self.given.get(schema.__name__.removesuffix("Args"))
        return found if isinstance(found, schema) else schema()


def read_args(configs: Sequence[PluginConfig]) -> PluginArgs:
    """The arguments of the plugins that are known; others are left out. Raises InputError."""
    given = {}
    for i, config in enumerate(configs):
        schema = ARGS.get(config.name)
        if schema is None:
            continue
        where = f"pluginConfig[{i}].args"
        try:
            args = parse_strict(schema, config.args)
        except InputError as error:
            raise error.located(field=where) from None
        if args.kind not in (None, schema.__name__):
            raise InputError(f"expected {schema.__name__}, found {args.kind!r}", field=f"{where}.kind")
        given[config.name] = args
    return PluginArgs(given)


def unread_args(configs: Iterable[PluginConfig], known: Iterable[str]) -> Iterator[str]:
    """One warning for each plugin whose arguments nothing reads; those of `known` plugins do not matter."""
    passed = frozenset(known)
    for config in configs:
        if config.name not in ARGS and config.name not in passed:
            yield f"pluginConfig of {config.name} is not read{nearest(config.name, ARGS)}"


def fit_args(args: NodeResourcesFitArgs, ignored_by_extenders: Iterable[str] = ()) -> FitArgs:
    strategy = args.scoring_strategy
    ratio = strategy.requested_to_capacity_ratio if strategy else None
    used = fit_score(args) is ScoreName.REQUESTED_TO_CAPACITY_RATIO
    return FitArgs(
        ignored_resources=frozenset((*args.ignored_resources, *ignored_by_extenders)),
        ignored_groups=frozenset(args.ignored_resource_groups),
        resources=weighted_resources(strategy.resources if strategy else []),
        shape=shape_points(ratio.shape) if ratio and used else (),
    )


def fit_score(args: NodeResourcesFitArgs) -> ScoreName:
    """Which of the three strategies scores."""
    return ScoreName(args.scoring_strategy.type) if args.scoring_strategy else ScoreName.LEAST_ALLOCATED


def weighted_resources(resources: Iterable[WeightedResource]) -> dict[str, int]:
    """Name -> weight; none given is cpu and memory, weight 0 is 1."""
    return {resource.name: resource.weight or 1 for resource in resources} or dict(DEFAULT_RESOURCES)


def shape_points(shape: Iterable[ShapePoint]) -> tuple[tuple[int, int], ...]:
    return tuple((point.utilization, point.score) for point in shape)


def balanced_resources(args: NodeResourcesBalancedAllocationArgs) -> tuple[str, ...]:
    return tuple(weighted_resources(args.resources))


def default_spread(args: PodTopologySpreadArgs) -> DefaultSpread:
    if args.defaulting_type == "System":
        return DefaultSpread()
    return DefaultSpread(system=False, constraints=spread_defaults(args.default_constraints))


def spread_defaults(constraints: Iterable[DefaultConstraint]) -> tuple[SpreadConstraint, ...]:
    """Constraints without a selector: each agent has its own deduced."""
    return tuple(
        SpreadConstraint(
            topology_key=wire.topology_key,
            max_skew=wire.max_skew,
            selector=None,
            hard=wire.when_unsatisfiable == "DoNotSchedule",
            min_domains=wire.min_domains or 1,
            node_affinity_policy=InclusionPolicy(wire.node_affinity_policy),
            node_taints_policy=InclusionPolicy(wire.node_taints_policy),
        )
        for wire in constraints
    )


def added_affinity(
    affinity: NodeAffinity | None, where: str
) -> tuple[NodeSelector | None, tuple[PreferredNodeTerm, ...]]:
    """Required and preferred node affinity of a profile. Raises InputError, at `where`, for a term that does
    not parse: of a profile kube-scheduler refuses it."""
    if affinity is None:
        return None, ()
    wire = parse(NodeAffinityWire, affinity.model_dump(by_alias=True))
    required = node_selector(wire.required_during_scheduling_ignored_during_execution)
    preferred = tuple(
        PreferredNodeTerm(term.weight, node_term(term.preference))
        for term in wire.preferred_during_scheduling_ignored_during_execution
    )
    terms = (*(required.terms if required else ()), *(term.term for term in preferred))
    if not all(term.parses for term in terms):
        raise InputError("expected terms that the API would take", field=where)
    return required, preferred

"""What users get wrong in profiles, and what each is told. Data for test_profiles."""

from __future__ import annotations

from placewright.tests.malformed_inputs import Malformed


def _profile(name: str, fields: str, told: str) -> Malformed:
    head = "apiVersion: placewright.io/v1\nkind: Profile\nname: mine\n"
    return Malformed(name, head + fields, f"Profile mine: {told}", "p.yaml")


def _config(name: str, fields: str, told: str) -> Malformed:
    head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
    return Malformed(name, head + fields, f"KubeSchedulerConfiguration: {told}", "p.yaml")


def _plugins(name: str, plugins: str, told: str) -> Malformed:
    return _config(name, f"profiles: [{{plugins: {{{plugins}}}}}]", f"profiles[0].{told}")


def _args(name: str, plugin: str, args: str, told: str) -> Malformed:
    fields = f"profiles: [{{pluginConfig: [{{name: {plugin}, args: {{{args}}}}}]}}]"
    return _config(name, fields, f"profiles[0].pluginConfig[0].args{told}")


SHORT = (
    _profile("an unknown field", "score: {}", 'unknown field "score"; did you mean "scores"?'),
    _profile("a score that is misspelt", "scores: {MostAlocated: 1}", "scores.MostAlocated: no score"),
    _profile(
        "a score in other letters",
        "scores: {imagelocality: 1}",
        'scores.imagelocality: no score "imagelocality"; did',
    ),
    _profile("a negative weight", "scores: {Cost: -1}", "scores.Cost: expected at least 0, found -1"),
    _profile(
        "a weight with decimals", "scores: {Cost: 1.5}", "scores.Cost: expected a whole number, found 1.5"
    ),
    _profile("a weight that is huge", "scores: {Cost: 99999999}", "scores.Cost: expected at most 1000000"),
    _profile(
        "two ways to score the same",
        "scores: {LeastAllocated: 1, MostAllocated: 1}",
        "scores: LeastAllocated and MostAllocated are ways to score the same",
    ),
    _profile("a ratio without shape", "scores: {RequestedToCapacityRatio: 1}", "fit.shape: is missing"),
    _profile(
        "a shape that falls back",
        "fit: {shape: [{utilization: 50, score: 1}, {utilization: 50, score: 2}]}",
        "fit: utilization must rise from point to point, found 50 after 50",
    ),
    _profile("a shape beyond ten", "fit: {shape: [{score: 11}]}", "fit.shape[0].score: expected at most 10"),
    _profile(
        "a group with a slash", "fit: {ignoredResourceGroups: [a/b]}", "fit: a resource group is what stands"
    ),
    _profile(
        "a resource without weight", "fit: {resources: {cpu: 0}}", "fit.resources.cpu: expected at least 1"
    ),
    _profile(
        "a preset that is none", "extends: balance", 'extends: no preset "balance"; did you mean "balanced"?'
    ),
    _profile(
        "a price for nothing",
        "softCapacity: {cpu: {per: 0}}",
        "softCapacity.cpu.per: expected an amount of at least one unit",
    ),
    _profile(
        "a ratio of a resource to itself",
        "freeRatios: [{of: {cpu: 1}, beside: {cpu: 2}}]",
        "freeRatios: expected amounts of two resources, at least one unit each",
    ),
    _profile("a share in words", "limitCaps: {cpu: double}", "limitCaps.cpu: expected a share such as 200%"),
    _profile("a share of nothing", "limitCaps: {cpu: 0%}", "limitCaps.cpu: expected a share such as 200%"),
    _profile(
        "a share that is too fine", "limitCaps: {cpu: 0.0001}", "limitCaps.cpu: expected a share such as"
    ),
    _profile(
        "a level that is misspelt",
        "levels: [placed, disruptions]",
        'levels[1]: no level "disruptions"; did you mean "disruption"?',
    ),
    _profile(
        "a blend of what is no level",
        "levels: [{blend: {place: 1}}]",
        'levels[0].blend.place: no level "place"; did you mean "placed"?',
    ),
    _profile("levels without placed", "levels: [disruption, scores]", "levels: placed is missing"),
    _profile("levels without disruption", "levels: [placed, scores]", "levels: disruption is missing"),
    _profile("a level twice", "levels: [placed, disruption, placed]", "levels: placed is given twice"),
    _profile("a level that is a number", "levels: [1]", "levels[0]: expected the name of a level"),
    _profile("an empty blend", "levels: [{blend: {}}]", "levels[0].blend: expected at least one item"),
    _profile(
        "a blend that weighs nothing", "levels: [{blend: {placed: 0}}]", "levels[0].blend.placed: expected at"
    ),
    _profile(
        "a score that is a level, too",
        "scores: {Cost: 2}\nlevels: [placed, disruption, Cost]",
        "scores: Cost is a level of its own",
    ),
    _profile(
        "default spread in words",
        "defaultSpread: always",
        'defaultSpread: expected system or none, found "always"',
    ),
    _profile(
        "default spread with a selector",
        "defaultSpread: [{topologyKey: z, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway, labelSelector: {}}]",
        "defaultSpread[0]: a default constraint has no labelSelector",
    ),
    _profile(
        "default spread twice",
        "defaultSpread:\n- &a {topologyKey: z, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}\n- *a",
        "z with ScheduleAnyway is given twice",
    ),
    _profile("a filter that is none", "disabledFilters: [NodePort]", "disabledFilters[0]: no filter"),
    _profile(
        "room for nothing", "keepRoomFor: [{name: a, requests: {}}]", "keepRoomFor[0].requests: expected at"
    ),
    _profile("room without a name", "keepRoomFor: [{requests: {cpu: 1}}]", "keepRoomFor[0].name: is missing"),
    _profile(
        "room for a negative amount",
        "keepRoomFor: [{name: a, requests: {cpu: -1}}]",
        "keepRoomFor[0].requests.cpu: expected a quantity",
    ),
    _profile("handing out for nothing", "allocate: {cpu: 1.5}", "allocate.cpu: expected a whole number"),
    _profile("latency of nothing", "latency: []", "latency: expected at least one item"),
    _profile("a formula of no release", "balancedFormula: 1.34", "balancedFormula: expected 1.35 or 1.36"),
    _profile(
        "an affinity that does not parse",
        "addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
        "{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In, values: ['b c']}]}]}}",
        "addedAffinity: expected terms that the API would take",
    ),
    _profile(
        "a weight of affinity above 100",
        "hardPodAffinityWeight: 101",
        "hardPodAffinityWeight: expected at most",
    ),
    Malformed(
        "a scheduler's name of 5,000 letters, given twice",
        "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
        f"profiles: [{{schedulerName: {'a' * 5000}}}, {{schedulerName: {'a' * 5000}}}]",
        "profiles[0].schedulerName: 'aaaa",
        "p.yaml",
    ),
    _profile(
        "a name of two lines",
        'fit: {ignoredResourceGroups: ["a\\nb/"]}',
        r'fit: a resource group is what stands before "/", found "a\nb/"',
    ),
    Malformed(
        "a profile without name",
        "apiVersion: placewright.io/v1\nkind: Profile",
        "Profile: name: is missing",
        "p.yaml",
    ),
    Malformed(
        "a profile of another version",
        "apiVersion: placewright.io/v2\nkind: Profile\nname: a",
        "Profile a: apiVersion: expected placewright.io/v1",
        "p.yaml",
    ),
)

KUBE = (
    _config("a section misspelt", "profile: []", 'unknown field "profile"; did you mean "profiles"?'),
    _config("profiles that are a mapping", "profiles: {a: b}", "profiles: expected a list, found a mapping"),
    _config(
        "several profiles without names",
        "profiles: [{}, {schedulerName: a}]",
        "profiles[0].schedulerName: is missing: with several profiles",
    ),
    _config(
        "two profiles of one scheduler",
        "profiles: [{schedulerName: a}, {schedulerName: a}]",
        "profiles[0].schedulerName: 'a' is given twice",
    ),
    _plugins(
        "a point that is none", "filters: {}", 'plugins: unknown field "filters"; did you mean "filter"?'
    ),
    _plugins(
        "a plugin without name",
        "score: {enabled: [{weight: 1}]}",
        "plugins.score.enabled[0].name: is missing",
    ),
    _plugins(
        "a plugin that is text", "score: {enabled: [A]}", "plugins.score.enabled[0]: expected a mapping"
    ),
    _plugins(
        "a weight in quotes", "score: {enabled: [{name: A, weight: '1'}]}", "plugins.score.enabled[0].weight"
    ),
    _plugins(
        "a negative weight of a plugin",
        "score: {enabled: [{name: A, weight: -1}]}",
        "plugins.score.enabled[0]",
    ),
    _plugins(
        "every plugin enabled", "score: {enabled: [{name: '*'}]}", 'plugins.score: "*" can only be disabled'
    ),
    _plugins(
        "a plugin enabled twice", "score: {enabled: [{name: A}, {name: A}]}", "plugins.score: plugin A is"
    ),
    _plugins(
        "a score where filters are",
        "filter: {enabled: [{name: ImageLocality}]}",
        "plugins.filter.enabled: ImageLocality has no part in filter",
    ),
    _config(
        "arguments given twice",
        "profiles: [{pluginConfig: [{name: A}, {name: A}]}]",
        "profiles[0]: pluginConfig of A is given twice",
    ),
    _args("an argument misspelt", "InterPodAffinity", "hardWeight: 1", ': unknown field "hardWeight"'),
    _args(
        "arguments of another plugin",
        "NodeAffinity",
        "kind: VolumeBindingArgs",
        ".kind: expected NodeAffinityArgs",
    ),
    _args(
        "a strategy without type",
        "NodeResourcesFit",
        "scoringStrategy: {}",
        ".scoringStrategy.type: is missing",
    ),
    _args(
        "a ratio of no shape",
        "NodeResourcesFit",
        "scoringStrategy: {type: RequestedToCapacityRatio}",
        ".scoringStrategy: RequestedToCapacityRatio needs",
    ),
    _args(
        "a resource of weight 101",
        "NodeResourcesFit",
        "scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 101}]}",
        ".scoringStrategy.resources[0].weight: expected at most 100",
    ),
    _args(
        "balance with weights",
        "NodeResourcesBalancedAllocation",
        "resources: [{name: cpu, weight: 2}]",
        ": the weight of cpu must be 1",
    ),
    _args(
        "balance of one resource twice",
        "NodeResourcesBalancedAllocation",
        "resources: [{name: cpu}, {name: cpu}]",
        ": resource cpu is given twice",
    ),
    _args(
        "system defaults and a list",
        "PodTopologySpread",
        "defaultConstraints: [{topologyKey: z, maxSkew: 1, whenUnsatisfiable: ScheduleAnyway}]",
        ": defaultConstraints need defaultingType List",
    ),
    _args(
        "a soft default with minDomains",
        "PodTopologySpread",
        "defaultingType: List, defaultConstraints: "
        "[{topologyKey: z, maxSkew: 1, minDomains: 2, whenUnsatisfiable: ScheduleAnyway}]",
        ".defaultConstraints[0]: minDomains needs whenUnsatisfiable DoNotSchedule",
    ),
    _args(
        "a default of skew 0",
        "PodTopologySpread",
        "defaultConstraints: [{maxSkew: 0}]",
        ".defaultConstraints[0]",
    ),
    _args(
        "a hard weight of 101",
        "InterPodAffinity",
        "hardPodAffinityWeight: 101",
        ".hardPodAffinityWeight: expected",
    ),
    _args(
        "added affinity without terms",
        "NodeAffinity",
        "addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}",
        ".addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: expected at least one",
    ),
    Malformed(
        "a version that is gone",
        "apiVersion: kubescheduler.config.k8s.io/v1beta2\nkind: KubeSchedulerConfiguration",
        "apiVersion: expected kubescheduler.config.k8s.io/v1, found",
        "p.yaml",
    ),
)

FILES = (
    Malformed("a cluster where a profile is expected", "nodes: []", "expected a profile", "p.yaml"),
    Malformed(
        "a Deployment where a profile is expected", "kind: Deployment", 'found kind "Deployment"', "p.yaml"
    ),
    Malformed("an empty profile", "", "holds no profile", "p.yaml"),
    Malformed("a profile that is text", "balanced", "expected an object (a mapping)", "p.yaml"),
    Malformed("broken YAML", "kind: [", "not valid YAML", "p.yaml"),
    Malformed(
        "a ConfigMap without a profile",
        "kind: ConfigMap\ndata: {a.yaml: 'x: y'}",
        "holds no profile",
        "p.yaml",
    ),
    Malformed(
        "a ConfigMap with a wrong one",
        "kind: ConfigMap\ndata:\n  c.yaml: |\n    apiVersion: kubescheduler.config.k8s.io/v1\n"
        "    kind: KubeSchedulerConfiguration\n    profils: []\n",
        "p.yaml:data.c.yaml: KubeSchedulerConfiguration: unknown field",
        "p.yaml",
    ),
    Malformed(
        "two profiles of the default scheduler",
        "apiVersion: placewright.io/v1\nkind: Profile\nname: a\n---\n"
        "apiVersion: placewright.io/v1\nkind: Profile\nname: b\n",
        "p.yaml[1]: schedulerName 'default-scheduler' has a profile already",
        "p.yaml",
    ),
)


def every() -> tuple[Malformed, ...]:
    return (*SHORT, *KUBE, *FILES)

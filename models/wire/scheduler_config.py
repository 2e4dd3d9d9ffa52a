"""KubeSchedulerConfiguration, as strictly as kube-scheduler decodes it: an unknown field is an error.

Fields that have no part in which placement is best (timeouts, back-off, sampling, leader election) are
known and not read.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from placewright.models.wire.concise_base import Strict, unfit

GROUP = "kubescheduler.config.k8s.io"
VERSION = "kubescheduler.config.k8s.io/v1"
KIND = "KubeSchedulerConfiguration"
EVERY = "*"
MOST_WEIGHT = 1_000_000
"""The largest weight of a score that is taken; kube-scheduler's total must fit 64 bits as ours must."""

PluginName = Annotated[str, Field(min_length=1, max_length=253)]
Unread = Annotated[Any, Field(default=None)]


class EnabledPlugin(Strict):
    name: PluginName
    weight: Annotated[int, Field(ge=0, le=MOST_WEIGHT)] = 0
    """0 is "not given": it counts as 1."""


class DisabledPlugin(Strict):
    """Its weight means nothing."""

    name: PluginName
    weight: int = 0


class PluginSet(Strict):
    """What one extension point adds to the default plugins, and what it leaves out; `*` is all of them."""

    enabled: list[EnabledPlugin] = Field(default_factory=list)
    disabled: list[DisabledPlugin] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_once(self) -> PluginSet:
        names = [plugin.name for plugin in self.enabled]
        for name in names:
            if names.count(name) > 1:
                raise unfit(f"plugin {name} is enabled twice")
            if name == EVERY:
                raise unfit('"*" can only be disabled')
        return self


class Plugins(Strict):
    """One set for each extension point, and `multiPoint` for all that a plugin implements."""

    pre_enqueue: PluginSet = PluginSet()
    queue_sort: PluginSet = PluginSet()
    pre_filter: PluginSet = PluginSet()
    filter: PluginSet = PluginSet()
    post_filter: PluginSet = PluginSet()
    pre_score: PluginSet = PluginSet()
    score: PluginSet = PluginSet()
    reserve: PluginSet = PluginSet()
    permit: PluginSet = PluginSet()
    pre_bind: PluginSet = PluginSet()
    bind: PluginSet = PluginSet()
    post_bind: PluginSet = PluginSet()
    multi_point: PluginSet = PluginSet()
    placement_generate: PluginSet = PluginSet()
    placement_score: PluginSet = PluginSet()


class PluginConfig(Strict):
    """A plugin's arguments, which are checked where the plugin is known."""

    name: PluginName
    args: dict[str, Any] = Field(default_factory=dict)


class SchedulerProfile(Strict):
    scheduler_name: str | None = None
    percentage_of_nodes_to_score: Unread
    plugins: Plugins = Plugins()
    plugin_config: list[PluginConfig] = Field(default_factory=list)

    @model_validator(mode="after")
    def _each_once(self) -> SchedulerProfile:
        names = [config.name for config in self.plugin_config]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise unfit(f"pluginConfig of {twice} is given twice")
        return self


class ManagedResource(Strict):
    name: str
    ignored_by_scheduler: bool = False


class Extender(Strict):
    """An HTTP service that kube-scheduler asks as well. Only what it is called by, and what it manages."""

    url_prefix: Annotated[str, Field(alias="urlPrefix")] = ""
    filter_verb: str = ""
    prioritize_verb: str = ""
    preempt_verb: str = ""
    bind_verb: str = ""
    weight: int = 1
    enable_https: Annotated[Any, Field(alias="enableHTTPS")] = None
    tls_config: Unread
    http_timeout: Annotated[Any, Field(alias="httpTimeout")] = None
    node_cache_capable: bool = False
    managed_resources: list[ManagedResource] = Field(default_factory=list)
    ignorable: bool = False


class SchedulerConfig(Strict):
    api_version: Literal["kubescheduler.config.k8s.io/v1"]
    kind: Literal["KubeSchedulerConfiguration"]
    profiles: list[SchedulerProfile] = Field(default_factory=list)
    extenders: list[Extender] = Field(default_factory=list)
    parallelism: Unread
    leader_election: Unread
    client_connection: Unread
    health_probe_bind_address: Unread
    healthz_bind_address: Unread
    metrics_bind_address: Unread
    enable_profiling: Unread
    enable_contention_profiling: Unread
    percentage_of_nodes_to_score: Unread
    pod_initial_backoff_seconds: Unread
    pod_max_backoff_seconds: Unread
    delay_cache_until_active: Unread

"""Small KubeSchedulerConfigurations, and what becomes of the one profile of each."""

from __future__ import annotations

from typing import Any

from placewright.models.ingest.profile_kube import read_scheduler_config
from placewright.models.profile import Profile, ScoreName

Plugins = dict[str, Any]


IMAGES, TAINTS, LEAST, SPREAD = (
    ScoreName.IMAGE_LOCALITY,
    ScoreName.TAINT_TOLERATION,
    ScoreName.LEAST_ALLOCATED,
    ScoreName.POD_TOPOLOGY_SPREAD,
)


def config(*profiles: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "profiles": list(profiles),
        **fields,
    }


def profile_of(
    plugins: Plugins | None = None, *, extra: dict[str, Any] | None = None, **args: Any
) -> Profile:
    """The one profile of a configuration; keyword arguments are arguments of plugins."""
    wire: dict[str, Any] = {"plugins": plugins or {}}
    wire["pluginConfig"] = [{"name": name, "args": given} for name, given in args.items()]
    (profile,), _ = read_scheduler_config(config(wire, **(extra or {})))
    return profile


def on(*names: str, **weights: int) -> list[dict[str, Any]]:
    return [*({"name": name} for name in names), *({"name": n, "weight": w} for n, w in weights.items())]

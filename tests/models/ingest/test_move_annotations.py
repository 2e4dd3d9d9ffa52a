"""What annotations and volumes say about moving an agent."""

from __future__ import annotations

import pytest

from placewright.models.errors import InputError
from placewright.models.ingest.annotations import keeps_data_locally, move_weight, stays_because
from placewright.models.wire.meta import SharedMetadata
from placewright.models.wire.pod import Volume

SCRATCH = Volume(name="scratch", empty_dir={})


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({}, ""),
        ({"placewright.io/do-not-disrupt": "true"}, "placewright.io/do-not-disrupt: true"),
        ({"placewright.io/do-not-disrupt": "false"}, ""),
        ({"karpenter.sh/do-not-disrupt": "true"}, "karpenter.sh/do-not-disrupt: true"),
        (
            {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
            "cluster-autoscaler.kubernetes.io/safe-to-evict: false",
        ),
        ({"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}, ""),
    ],
)
def test_who_asks_to_be_left_alone(annotations: dict[str, str], reason: str) -> None:
    assert stays_because(annotations) == reason


@pytest.mark.parametrize(
    ("volumes", "annotations", "local"),
    [
        pytest.param([], {}, False, id="no volume"),
        pytest.param([SCRATCH], {}, True, id="an emptyDir"),
        pytest.param([Volume(name="m", empty_dir={"medium": "Memory"})], {}, False, id="one in memory"),
        pytest.param([Volume(name="h", host_path={"path": "/data"})], {}, True, id="the host's files"),
        pytest.param(
            [SCRATCH],
            {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"},
            False,
            id="the agent may be evicted",
        ),
        pytest.param(
            [SCRATCH],
            {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "other, scratch"},
            False,
            id="the volume may be lost",
        ),
        pytest.param(
            [SCRATCH],
            {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "other"},
            True,
            id="another volume may be lost",
        ),
    ],
)
def test_who_keeps_data_on_its_node(volumes: list[Volume], annotations: dict[str, str], local: bool) -> None:
    assert keeps_data_locally(SharedMetadata(annotations=annotations), volumes) is local


def test_a_move_weighs_what_its_annotation_says() -> None:
    assert move_weight({}) == 1
    assert move_weight({"placewright.io/move-weight": "0"}) == 0
    assert move_weight({"placewright.io/move-weight": "1000"}) == 1000


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1001", "²", "9" * 5000])
def test_a_weight_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected a whole number from 0 to 1000"):
        move_weight({"placewright.io/move-weight": text})

"""OptaPlanner's cloud balancing in our form."""

from __future__ import annotations

from pathlib import Path

from placewright.benchmarks.cases.cloudbalancing import write_profile
from placewright.models.ingest.profiles import load_profiles
from placewright.models.profile import Stage


def test_the_profile_is_one_that_is_read_and_the_last_level_is_cost_alone(tmp_path: Path) -> None:
    """It gave Cost a weight among the scores, too, and was refused."""
    path = tmp_path / "profile.json"
    with path.open("wb") as stream:
        write_profile(stream)
    (profile,) = load_profiles(str(path)).profiles
    assert profile.stages[-1] == Stage({"Cost": 1})
    assert not profile.weights

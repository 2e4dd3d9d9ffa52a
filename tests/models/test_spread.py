"""Own spread constraints, or the profile's defaults (§6.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from placewright.models.agent import Agent, SpreadConstraint
from placewright.models.profile import DefaultSpread, Profile
from placewright.models.spread import spread_constraints, takes_defaults
from placewright.tests.builders import HOSTNAME, ZONE, agent, selector, snapshot, spread

WEB = selector(app="web")
OWN = spread(app="web")
SOFT = replace(OWN, hard=False)
HARD_DEFAULT = SpreadConstraint("rack", 2, None)
SYSTEM = (SpreadConstraint(HOSTNAME, 3, WEB, hard=False), SpreadConstraint(ZONE, 5, WEB, hard=False))


@pytest.mark.parametrize(
    ("subject", "default", "expected"),
    [
        pytest.param(
            agent("a", spread_selector=WEB), DefaultSpread(), SYSTEM, id="the system's defaults are soft"
        ),
        pytest.param(agent("a"), DefaultSpread(), (), id="without a selector there are none"),
        pytest.param(
            agent("a", spread_selector=WEB, spread=(SOFT,)),
            DefaultSpread(system=False, constraints=(HARD_DEFAULT,)),
            (SOFT,),
            id="one soft constraint of its own leaves out hard defaults too",
        ),
        pytest.param(
            agent("a", spread_selector=WEB),
            DefaultSpread(system=False, constraints=(HARD_DEFAULT,)),
            (replace(HARD_DEFAULT, selector=WEB),),
            id="a list of defaults gets the deduced selector",
        ),
        pytest.param(
            agent("a", spread_selector=WEB),
            DefaultSpread(system=False),
            (),
            id="an empty list switches them off",
        ),
    ],
)
def test_which_constraints_hold(
    subject: Agent, default: DefaultSpread, expected: tuple[SpreadConstraint, ...]
) -> None:
    seen = snapshot([], [subject], profile=Profile(default_spread=default))
    assert spread_constraints(seen, subject) == expected


def test_each_agent_has_the_defaults_of_its_own_profile() -> None:
    off = Profile(scheduler_name="plain", default_spread=DefaultSpread(system=False))
    own, other = agent("a", spread_selector=WEB), agent("b", spread_selector=WEB, scheduler_name="plain")
    seen = snapshot([], [own, other], profiles=(off,))
    assert (spread_constraints(seen, own), spread_constraints(seen, other)) == (SYSTEM, ())


@pytest.mark.parametrize(
    ("profile", "read"),
    [
        pytest.param(Profile(), True, id="system defaults are scored"),
        pytest.param(Profile(weights={}), False, id="system defaults that nothing scores"),
        pytest.param(
            Profile(weights={}, default_spread=DefaultSpread(False, (HARD_DEFAULT,))),
            True,
            id="hard defaults filter whatever is scored",
        ),
        pytest.param(
            Profile(weights={}, default_spread=DefaultSpread(False, (replace(HARD_DEFAULT, hard=False),))),
            False,
            id="soft defaults that nothing scores",
        ),
        pytest.param(Profile(default_spread=DefaultSpread(system=False)), False, id="no defaults"),
    ],
)
def test_when_the_deduced_selector_is_read(profile: Profile, read: bool) -> None:
    subject = agent("a", spread_selector=WEB)
    assert takes_defaults(snapshot([], [subject], profile=profile), subject) is read

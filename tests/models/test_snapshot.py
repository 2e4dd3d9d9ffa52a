"""What a snapshot derives from itself."""

from __future__ import annotations

from placewright.tests.builders import agents, node, snapshot


def test_what_was_derived_is_kept_where_only_more_is_said() -> None:
    seen = snapshot([node("n1")], agents("a", 3), warnings=("own",), notes=("first",))
    derived = (seen.pending_alike, seen.node_by_name)
    said = seen.saying(warnings=["before"], notes=["after"])
    assert (said.warnings, said.notes) == (("before", "own"), ("first", "after"))
    assert (seen.warnings, seen.notes) == (("own",), ("first",))
    assert said.pending_alike is derived[0]
    assert said.node_by_name is derived[1]
    assert said.agents == seen.agents

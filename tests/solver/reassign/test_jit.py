"""Translating functions, or leaving them as they are."""

from __future__ import annotations

import sys

import pytest

from placewright.solver.reassign import jit


def doubled(number: int) -> int:
    return 2 * number


def test_a_function_is_translated_where_nothing_can_be_kept() -> None:
    names: dict[str, object] = {}
    exec("def tripled(number):\n    return 3 * number\n", names)  # noqa: S102 - it has no file to be kept beside
    tripled = names["tripled"]
    assert callable(tripled)
    for translated in (jit.compiled, jit.looping, jit.inlined):
        assert translated(tripled)(4) == 12


def test_without_numba_a_function_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    jit.fast.cache_clear()
    try:
        assert not jit.fast()
        for translated in (jit.compiled, jit.looping, jit.inlined):
            assert translated(doubled) is doubled
    finally:
        jit.fast.cache_clear()

"""Garbage collection that is set aside comes back."""

from __future__ import annotations

import gc

import pytest

from placewright.models.collection import collection_paused


def failing() -> None:
    with collection_paused():
        assert not gc.isenabled()
        raise ValueError("inside")


def test_collection_is_off_inside_and_on_again_whatever_happens() -> None:
    assert gc.isenabled()
    with pytest.raises(ValueError, match="inside"):
        failing()
    assert gc.isenabled()


def test_where_it_was_off_it_stays_off() -> None:
    gc.disable()
    try:
        with collection_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()

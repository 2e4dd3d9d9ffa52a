"""Garbage collection that is set aside comes back."""

from __future__ import annotations

import gc

import pytest

from placewright.models.collection import collection_of_new, collection_paused


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


def test_what_is_there_already_is_left_out_until_the_end_whatever_happens() -> None:
    def inside() -> None:
        with collection_of_new():
            assert gc.get_freeze_count() > 1000
            with collection_of_new():
                pass
            assert gc.get_freeze_count() > 1000
            raise ValueError("inside")

    assert not gc.get_freeze_count()
    with pytest.raises(ValueError, match="inside"):
        inside()
    assert not gc.get_freeze_count()


def test_what_somebody_else_has_left_out_stays_left_out() -> None:
    gc.freeze()
    try:
        with collection_of_new():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()

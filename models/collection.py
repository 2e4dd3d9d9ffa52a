"""Garbage collection set aside while very many objects are made that stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection: what is made has no cycles, and walking it again and again doubles the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def collection_of_new() -> Iterator[None]:
    """Garbage collection walks only what is made meanwhile: all that is there already stays, and may be much.

    Where somebody has set objects aside himself nothing is done, as they could not be told from ours.
    """
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

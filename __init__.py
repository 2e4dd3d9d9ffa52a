"""placewright: a whole cluster placed at once, verified, with a proof."""

__version__ = "0.1.0"

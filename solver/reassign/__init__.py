"""Search by many moves and exchanges at once, over arrays: what rebalancing uses where costs are amounts."""

"""Better placements of running agents, and the way there: what `solver/rebalance.py` puts together."""

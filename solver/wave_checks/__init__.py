"""The checks of `solver/verify_rebalance.py`, wave by wave; they share no code with the planner."""

"""From a snapshot to a verified plan: compile, construct, bound, solve, extract, verify."""

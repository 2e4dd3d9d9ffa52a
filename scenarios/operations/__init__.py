"""What a scenario can do to a snapshot: one module for each operation, and the list of them in `steps`."""

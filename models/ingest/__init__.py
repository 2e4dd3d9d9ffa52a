"""From documents to a `Snapshot`: defaults applied, selectors resolved, quantities made integers."""

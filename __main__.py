"""The console script, and `python -m placewright`, which is the same."""

import os

# numpy's products here have few columns: threads for them gain nothing, and on a busy machine they wait for
# each other at full speed. Read when numpy is imported, so before anything else is.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from placewright.cli import main

if __name__ == "__main__":
    main()

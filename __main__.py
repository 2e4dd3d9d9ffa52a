"""`python -m placewright` is the same as the console script."""

from placewright.cli import main

if __name__ == "__main__":
    main()

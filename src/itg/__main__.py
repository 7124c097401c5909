"""`python -m itg` is the command `itg`."""

from itg.cli import main

if __name__ == "__main__":
    main()

"""Prints which parts of the tests were not run, so that green never means less than it says."""

import os

_OPTIONAL = {
    "CORPUS": "the corpus of real files (CORPUS=folder)",
    "QDRANT_URL": "the vector contract on a real Qdrant server (QDRANT_URL=address)",
    "COMPOSE_LAB": "the stack of docker-compose.yml (make compose-test LAB=script)",
}


def main() -> None:
    """One line per part that needs something this run was not given."""
    for name, part in _OPTIONAL.items():
        if not os.environ.get(name):
            print(f"not run: {part}")


if __name__ == "__main__":
    main()

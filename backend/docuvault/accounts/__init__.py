"""Who owns what; until accounts come there is one owner."""

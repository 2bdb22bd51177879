"""One check a file, each for one kind of part."""

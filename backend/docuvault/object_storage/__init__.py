"""Object storage: the bytes of the originals behind one port."""

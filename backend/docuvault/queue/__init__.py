"""Task queues: they carry hints, the rows carry the work."""

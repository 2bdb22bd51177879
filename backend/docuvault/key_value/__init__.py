"""Key-value storage for small facts: the port that sessions, limits and shared modes will use."""

"""Key-value storage: small facts that expire, such as sessions, limits and cached answers."""

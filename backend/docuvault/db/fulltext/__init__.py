"""Full text inside the database: phrases, prefixes, and the answer when vectors are away."""

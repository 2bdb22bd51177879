"""What must always hold of a vault, and the doctor that looks whether it does."""

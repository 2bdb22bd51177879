"""Every query of the product; the owner filter of SQL lives here and nowhere else."""

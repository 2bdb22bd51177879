"""DocuVault: a self-hosted document vault."""

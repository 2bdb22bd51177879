"""Base-service clients: connections with a lifecycle, one factory per service."""

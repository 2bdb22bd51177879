"""The stack of docker-compose.yml started for real; run by `make compose-test LAB=script`."""

"""What is up: checks that report and decide nothing."""

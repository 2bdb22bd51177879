"""What the HTTP door says and accepts."""

"""Reading text out of untrusted files, in a disposable child process."""

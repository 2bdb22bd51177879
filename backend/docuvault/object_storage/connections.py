"""Connections to an S3 server: how long is waited, how often tried again, how many are kept."""

import urllib3


def create_pool(connect: float, read: float, retries: int, connections: int) -> urllib3.PoolManager:
    """A pool with these seconds for connecting and for the next bytes; no redirects."""
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=connect, read=read),
        maxsize=connections,
        cert_reqs="CERT_REQUIRED",
        retries=urllib3.Retry(
            total=retries,
            # A server that does not answer is not waited for more than twice.
            read=min(retries, 1),
            backoff_factor=0.2,
            redirect=False,
            status_forcelist=(500, 502, 503, 504),
            respect_retry_after_header=False,
        ),
    )

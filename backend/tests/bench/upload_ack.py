"""G1: how long a client waits until a small file is acknowledged."""

from functools import partial

from tests.assembly import embedded
from tests.bench.bare_upload import bare_upload_server
from tests.bench.findings import Finding, ratio_of
from tests.bench.rounds import compare
from tests.bench.upload_client import load
from tests.bench.workplace import Workplace, on_cores

_SIZE = 127 * 1024
_UPLOADS = 60
# As long as the product needs to work off a file of no known type.
_PAUSE = 0.02
_WANTED = 4.0
_CAP_MS = 6.0
_TARGET = f"<= {_WANTED:g}x, <= {_CAP_MS:g} ms"


def measure(workplace: Workplace) -> list[Finding]:
    """Three ways of looking at it: nothing else to do, one after another, real work behind.

    The first two send noise, whose processing ends with "nobody reads this type"; the first waits
    until it has ended. The last sends text, so that the model works on the same core all the time;
    the bare server has nothing of that kind to do.
    """
    room = workplace.room("upload-ack")
    bare_room = workplace.room("upload-ack-bare")
    with on_cores(workplace.server_cores):
        product = embedded(workplace.model_dir, room)
        vault = product.__enter__()
    try:
        with bare_upload_server(workplace, bare_room) as bare:
            take = partial(load, workplace, size=_SIZE, uploads=_UPLOADS)
            calm = compare(
                lambda: take(vault.base_url, settle=True).p50,
                lambda: take(bare, pause=_PAUSE).p50,
                workplace.rounds,
            )
            hurried = compare(
                lambda: take(vault.base_url, drain=True).p50,
                lambda: take(bare).p50,
                workplace.rounds,
            )
            reference = take(bare).p50
            busy = take(vault.base_url, name="load.txt").p50
    finally:
        product.__exit__(None, None, None)
    return [
        Finding(
            "G1",
            what,
            f"{found.ours:.2f} ms",
            f"{found.reference:.2f} ms",
            ratio_of(found),
            _TARGET,
            found.ratio <= _WANTED and found.ours <= _CAP_MS,
        )
        for what, found in (
            ("upload ack, 127 KB, nothing else to do, p50", calm),
            ("upload ack, 127 KB, one after another, p50", hurried),
        )
    ] + [
        Finding(
            "G1",
            "upload ack, 127 KB, the model at work on the same core, p50",
            f"{busy:.2f} ms",
            f"{reference:.2f} ms",
            f"{busy / reference:.1f}",
            "for information",
            None,
        )
    ]

"""How the tests are shared out among the processes of one run: each product starts once."""

import re

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

_PRODUCT = re.compile(r"/tests/api/.*[\[-](embedded|services)[-\]]")
# What takes long begins first, since at the end it would leave the other process idle.
_LONGEST_FIRST = ("api", "worker", "pipeline", "unit/ai", "contract")


class ByProduct(LoadScopeScheduling):  # type: ignore[misc]
    """Like `--dist loadfile`, but the tests of the API stay together by the product they ask."""

    def _split_scope(self, nodeid: str) -> str:
        asked = _PRODUCT.search(nodeid)
        return asked[1] if asked else nodeid.partition("::")[0]


def place_in_line(nodeid: str) -> int:
    """When a test is begun: the lower, the earlier."""
    for place, folder in enumerate(_LONGEST_FIRST):
        if f"/tests/{folder}/" in nodeid:
            return place
    return len(_LONGEST_FIRST)

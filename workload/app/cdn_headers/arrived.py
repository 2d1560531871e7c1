"""The headers of a request as they may be shown: without credentials."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "(present, not shown)"

_CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization", "x-cdn-auth"})

# Every generated secret is 64 hexadecimal digits: one in a header of any name stays hidden too,
# since the name of the header between CDN and load balancer can be chosen.
_SECRET = re.compile(r"[0-9a-fA-F]{64}")


def shown(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names in lower case with their values; repeated ones are joined with commas."""
    result: dict[str, str] = {}
    for name, value in headers:
        name = name.lower()
        if name in _CREDENTIALS or _SECRET.search(value):
            result[name] = HIDDEN
        elif name in result and result[name] != HIDDEN:
            result[name] = f"{result[name]}, {value}"
        else:
            result.setdefault(name, value)
    return dict(sorted(result.items()))

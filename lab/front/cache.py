"""What a cache of the load balancer keeps before a backend bucket, for how long, and how somebody ends it early.

Google, "Caching overview": the key of a backend bucket has neither protocol, host nor query. Whether a path that the
URL map rewrites is kept under its old or its new name is not said; here it is the one that the client asked for, so
that whoever invalidates must name every path under which clients know a file.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from capture import Registration, Value
from lab.followed import known_alone
from lab.network.web import Reply
from reach.values import block

FOLLOWED = ("cacheMode", "clientTtl", "defaultTtl", "negativeCaching", "requestCoalescing", "serveWhileStale")
FORCED = "FORCE_CACHE_ALL"
EVERYTHING_BELOW = "*"


@dataclass
class Cache:
    """Answers by backend and path, each with its end."""

    now: Callable[[], float] = time.time
    """Seconds since the epoch."""
    _kept: dict[tuple[str, str], tuple[Reply, float]] = field(
        default_factory=dict[tuple[str, str], tuple[Reply, float]]
    )
    fills: int = 0
    """How often a backend had to be asked."""

    def answer(self, backend: Registration, path: str, fill: Callable[[], Reply]) -> Reply:
        """What is kept and still good, or else what the backend says now. Raises LabError for an unknown policy."""
        policy = block(backend.inputs.get("cdnPolicy"))
        known_alone(policy, FOLLOWED, f"cache of {backend.name}")
        key = (backend.name, path)
        kept, ends = self._kept.get(key, (None, 0.0))
        if kept is not None and ends > self.now():
            return kept
        self.fills += 1
        reply = fill()
        if reply.status == 200:
            reply = replace(reply, headers={**reply.headers, "Cache-Control": _for_clients(policy)})
            self._kept[key] = (reply, self.now() + _seconds(policy.get("defaultTtl")))
        return reply

    def invalidate(self, pattern: str) -> None:
        """Ends what is kept of a path, or of all that begin so where it ends in "*" ("Invalidate cached content")."""
        for key in list(self._kept):
            begins = pattern.endswith(EVERYTHING_BELOW) and key[1].startswith(pattern.removesuffix(EVERYTHING_BELOW))
            if begins or key[1] == pattern:
                del self._kept[key]


def _for_clients(policy: Mapping[str, Value]) -> str:
    """Forced, a cache tells clients how long, whatever the object says."""
    return f"public, max-age={int(_seconds(policy.get('clientTtl')))}"


def _seconds(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0

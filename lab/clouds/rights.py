"""Whether the clouds of a capture let a request through: `reach` decides, and what is refused is told with its reason.

The stand-ins say what a request is; nothing here, and nothing else in the lab, reads a policy or a grant.
"""

import logging
from collections.abc import Callable

from capture import Capture
from lab.errors import LabError
from reach.answers import Reach
from reach.model import Answer, Request
from reach.truth import Truth, reason

LOG = logging.getLogger(__name__)


class Rights:
    """Those of one capture."""

    def __init__(self, capture: Capture) -> None:
        """Raises LabError for a policy or a grant that cannot be read, since what it denies would be let through."""
        self.reach = Reach(capture)
        """Also for who and what there is."""
        self.refused: list[str] = []
        """What was asked for with no right to it, and why it was refused."""
        self.on_let: Callable[[Request, Answer], None] = lambda _request, _answer: None
        """Hears of each request that passes, and by what."""
        if self.reach.faults:
            raise LabError("\n".join(map(str, self.reach.faults)))

    def let(self, request: Request) -> bool:
        """Whether a request passes. What nobody can decide does not: a real cloud might refuse it."""
        answer = self.reach.decide(request)
        if not answer.is_sure:
            who = " and ".join(map(str, request.principals)) or "nobody who is known"
            self.refuse(f"{who}: {request.action} on {request.target.name}", _why(answer))
            return False
        self.on_let(request, answer)
        return True

    def take(self, token: str, truth: Truth) -> bool:
        """Whether a token is taken, by what a pool makes of it."""
        if truth is not True:
            self.refuse(token, _doubtful(reason(truth)) if truth else "its provider does not take it")
        return truth is True

    def refuse(self, asked: str, why: str) -> None:
        """Tells what is refused, and why."""
        self.refused.append(f"{asked}: {why}")
        LOG.warning("refused: %s: %s", asked, why)


def _why(answer: Answer) -> str:
    if answer.denials:
        return f"it is denied by {', '.join(dict.fromkeys(step.by.rpartition('::')[2] for step in answer.denials))}"
    return _doubtful(answer.doubt) if answer.allowed else "nothing allows it"


def _doubtful(doubt: str) -> str:
    return f"nobody can say it here: {doubt}. HINT: a stand-in tells reach what it knows of a request"

"""Which network place reaches which port, in both clouds and over the link between them, with the path."""

from reach.network.answers import Reached, UnknownNameError, answer_reaches, reaches
from reach.network.difference import Change, difference
from reach.network.judge import Answer
from reach.network.network import Door, Network
from reach.network.unjudged import unjudged

__all__ = [
    "Answer",
    "Change",
    "Door",
    "Network",
    "Reached",
    "UnknownNameError",
    "answer_reaches",
    "difference",
    "reaches",
    "unjudged",
]

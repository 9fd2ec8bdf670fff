"""The estate as a drawing: who reaches whom, where data lie, where backups go."""

from capture import Capture
from preview.picture.assemble import picture
from preview.picture.placing import place
from preview.picture.svg import svg


def draw(capture: Capture) -> str:
    """The text of an SVG file."""
    found = picture(capture)
    return svg(found, place(found))


__all__ = ["draw"]

"""The Pulumi program: read the settings of the stack, build the estate."""

from estate.configuration import read_settings
from estate.program import build_estate

build_estate(read_settings())

"""The command: python -m preview STACK."""

import sys

from preview.cli import main

sys.exit(main(sys.argv[1:]))

"""Tests and records have one day, whatever the clock says: versions end, and recorded texts say how soon."""

import os
import signal

from interrupt import end_in_one_line
from settings.today import VARIABLE

DAY = "2026-11-28"

os.environ[VARIABLE] = DAY

# A shell starts what runs in its background with SIGINT ignored, and children inherit that: tests of Ctrl-C would wait.
signal.signal(signal.SIGINT, signal.default_int_handler)
end_in_one_line()

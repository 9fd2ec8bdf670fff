"""Tests and records have one day, whatever the clock says: versions end, and recorded texts say how soon."""

import os

from interrupt import end_in_one_line
from settings.today import VARIABLE

DAY = "2026-11-28"

os.environ[VARIABLE] = DAY

end_in_one_line()

"""Both clouds on one machine: machines of a capture boot here from what is registered for them.

Stand-ins for the clouds' services answer by what the capture says that they would; system containers and one virtual
machine stand for the machines.
"""

from interrupt import end_in_one_line

end_in_one_line()

"""The build-runner fleet in simulated time: how long jobs wait and what VMs cost under a scaling policy."""

from interrupt import end_in_one_line

end_in_one_line()

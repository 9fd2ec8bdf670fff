"""See the estate before it exists: what the program would register, drawn for a terminal, a program or a reviewer."""

from interrupt import end_in_one_line

end_in_one_line()

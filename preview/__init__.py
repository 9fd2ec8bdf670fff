"""See the estate before it exists: what the program would register, drawn for a terminal, a program or a reviewer."""

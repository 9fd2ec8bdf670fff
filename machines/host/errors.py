"""What a program says when it refuses or cannot go on."""


class HostError(Exception):
    """One message and, where there is one, a HINT: the command or the fact that helps. Ends a program with status 1."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}. HINT: {hint}" if hint else message)
        self.message = message
        self.hint = hint

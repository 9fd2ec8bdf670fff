"""What goes wrong in a lab, told to whoever started it."""


class LabError(Exception):
    """The lab cannot do what it was asked for; the text says what is wrong and what would be right."""

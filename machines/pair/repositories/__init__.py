"""pgBackRest, its repositories, what lies in them and what it proves."""

"""The program leaves out what the stack file leaves out, and nothing else."""

import pytest

from capture import ProgramError
from tests.support import variant

NEED_THE_VAULT = ("devInstance", "databasePair")


@pytest.mark.parametrize("section", NEED_THE_VAULT)
def test_a_system_without_the_vault_that_it_needs_is_refused_and_not_left_out(
    section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the rule of the settings that finds it first were lost."""
    monkeypatch.setattr("settings.parse.RULES", ())
    others: dict[str, object] = {other: {} for other in NEED_THE_VAULT if other != section}

    with pytest.raises(ProgramError, match=f"^{section}: its backups go into the vault, and there is none. HINT: "):
        variant("staging", {"backupVault": {}, **others})

"""What a kept root might hide: one machine of each role and cloud converges from bare Debian.

That takes minutes, so it is remembered in the cache under the digest of everything that it depends on.
"""

from lab.machines import bare_proof
from tests.machines.booted.keeper import Proof


def test_one_machine_of_each_role_and_cloud_converges_from_bare_debian(proof: Proof) -> None:
    if proof.life is not None:
        proof.life.be_sound()
        bare_proof.remember(proof.cloud, proof.role)

    assert bare_proof.is_proven(proof.cloud, proof.role)

"""The policies as a Pulumi policy pack: pulumi preview --policy-pack policies/pack.

It needs the package pulumi-policy beside pulumi. PolicyPack starts a server and never returns, so nothing may import
this file; what can be tested is in policies/engine.py.
"""

import sys
from pathlib import Path

from pulumi_policy import (  # pyright: ignore[reportMissingImports] -- only where the pack runs
    EnforcementLevel,  # pyright: ignore[reportUnknownVariableType] -- the same
    PolicyPack,  # pyright: ignore[reportUnknownVariableType] -- the same
    StackValidationPolicy,  # pyright: ignore[reportUnknownVariableType] -- the same
)

# The engine starts a pack in its own folder; the policies lie at the root of the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policies.engine import ENGINE_POLICIES, validation

PolicyPack(
    name="packyard",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[
        StackValidationPolicy(
            name=policy.__name__.replace("_", "-"), description=policy.__doc__ or "", validate=validation(policy)
        )
        for policy in ENGINE_POLICIES
    ],
)

"""What docs/drills.md says of the drills of the database pair before their table."""

from tests.drills.table import Part

PART = Part(
    title="Database pair",
    words="""\
Both hosts and the object stores are booted as system containers, from the files that boot them in the cloud.

* A writer on the network commits all the time and writes down, outside the database, each commit that it was told of.
  "Lost" is what it was told of and is not there afterwards.
* "Writes again" counts from the fault, or from the runbook's command where a person decides; the time to decide is not
  in it.
* "Redundancy" counts from the first command of the repair until a standby streams again, or every repository is whole.
* "Without it" is the mutation: the protection was taken away, and the check of the drill failed as it must.
* The commands of the [runbooks](runbooks/database/README.md) were taken from their files and run.
* Not shown: the distance between two clouds and the size of a real database. All of it shares one machine, with data
  disks in memory; add the round trip to each commit that waits for the standby, and the volume to each restore.
""",
)

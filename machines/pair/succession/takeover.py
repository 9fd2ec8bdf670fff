"""The moment itself: a standby becomes the primary, and what must be said and made once writes are accepted."""

from host import files
from host.accounts import Progress
from host.errors import HostError

from pair import memory
from pair.server import cluster, postgresql, slots
from pair.settings import PairSettings
from pair.succession import services
from pair.succession.fence import Token

PROMOTION_TIMEOUT = 120
"""Seconds for pg_promote: what was received must be replayed first."""


def take_over(settings: PairSettings, token: Token, progress: Progress) -> None:
    """The standby becomes the primary; after this, writes are accepted. Raises HostError."""
    cluster.be_alone(settings.server)
    with postgresql.local(settings, statement_timeout=(PROMOTION_TIMEOUT + 5) * 1000) as connection:
        connection.execute("select pg_reload_conf()")
        if not postgresql.one(connection, "select pg_promote(true, %s)", PROMOTION_TIMEOUT)[0]:
            raise HostError(
                f"PostgreSQL was not promoted within {PROMOTION_TIMEOUT} s", f"journalctl -u {settings.server.unit} -e"
            )
        reached = postgresql.timeline(connection)
        progress(f"{settings.host} is the primary on timeline {reached}, epoch {token.epoch}; writes are accepted")
        if reached != token.timeline:
            progress(f"the token says timeline {token.timeline}: the standby had not seen the newest one")
        progress(slots.ensure(connection, settings.peer_name) or f"slot {settings.peer_name} is there")
        connection.execute("checkpoint")
        progress("checkpoint")
    # A standby that was still being made, of a peer that is gone: it is whole now, and nobody else would say so.
    files.remove(memory.CREATING.below(settings.server.state))
    try:
        services.settle_in_background(token.epoch)
    except HostError as error:
        progress(f"{error.message}; run pairctl settle by hand")
    else:
        progress(f"check and backups run: journalctl -fu {services.settle_unit(token.epoch)}")

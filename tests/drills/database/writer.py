"""The application of the drills, outside the hosts: commits rows and writes down each acknowledgement.

One autocommit session at a time; it reconnects for ever to whoever accepts writes, and
never uses a number twice: a commit without an answer may be there or not, and counts for nothing. Usage:
writer.py LEDGER RATE SYNCHRONOUS_COMMIT FIRST_NUMBER AUTHORITY HOST=ADDRESS...
"""

import json
import sys
import time
from pathlib import Path

import psycopg

CONNECTION = (
    "port=5432 dbname=app user=app password=drill sslmode=verify-full"
    " target_session_attrs=read-write connect_timeout=2 tcp_user_timeout=1000 keepalives_idle=1 keepalives_interval=1"
    " keepalives_count=2 application_name=writer"
)
"""tcp_user_timeout (milliseconds) ends a session whose server has lost its power; nothing else would for minutes."""


def commit_until_an_error(ledger: Path, rate: float, mode: str, number: int, place: str) -> int:
    """One session; returns the next number."""
    try:
        with (
            psycopg.connect(f"{place} {CONNECTION}", autocommit=True) as connection,
            ledger.open("a", encoding="utf-8") as file,
        ):
            connection.execute("select set_config('synchronous_commit', %s, false)", [mode])
            host = connection.info.host
            while True:
                number += 1
                connection.execute("insert into writes (number) values (%s)", [number])
                file.write(json.dumps({"number": number, "at": time.time(), "host": host}) + "\n")
                file.flush()
                time.sleep(1 / rate)
    except psycopg.Error as error:
        sys.stderr.write(f"{time.time():.3f} {type(error).__name__}: {' '.join(str(error).split())}\n")
        return number


def place_of(hosts: list[str], authority: str) -> str:
    """Both hosts in this order, and who certifies them."""
    names = ",".join(host.partition("=")[0] for host in hosts)
    addresses = ",".join(host.partition("=")[2] for host in hosts)
    return f"host={names} hostaddr={addresses} sslrootcert={authority}"


def main(arguments: list[str]) -> None:
    """Until it is ended."""
    ledger, rate, mode, number, authority, *hosts = arguments
    last = int(number)
    while True:
        last = commit_until_an_error(Path(ledger), float(rate), mode, last, place_of(hosts, authority))
        # The next try begins with the other host: the first of the list costs its whole timeout when it is dead.
        hosts = [*hosts[1:], hosts[0]]
        time.sleep(0.05)


if __name__ == "__main__":
    main(sys.argv[1:])

"""One machine of staging by hand: `python -m lab pg-a`."""

import sys
import time

from lab.clouds.metadata import GoogleCloud
from lab.machines.machine import LoneMachine
from lab.project import registered
from lab.registered import cloud_of, name_stand_in_agent


def main(name: str) -> None:
    """Boots it, says how to enter it, and takes it away on Ctrl-C."""
    cloud = cloud_of(name, registered("staging"))
    name_stand_in_agent(cloud)
    machine = LoneMachine(cloud)
    try:
        machine.boot()
        if isinstance(cloud, GoogleCloud):
            machine.restart(300)
        machine.wait_for(machine.is_up, 300, "it boots")
        print(f"{name} is up. Ctrl-C takes it away. Enter: {' '.join(machine.entrance())} bash")
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        pass
    finally:
        machine.close()


if __name__ == "__main__":
    main(sys.argv[1])

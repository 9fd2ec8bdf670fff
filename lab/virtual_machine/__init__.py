"""One virtual machine in software emulation, for what a system container cannot show."""

"""Runs a command as on an offline machine: loopback alone, an empty environment, and the project's folder not there.

Given to Debian's own Python by `kits.without_a_network`, inside the namespaces that `unshare` made.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys

SIOCSIFFLAGS, UP = 0x8914, 1


def main() -> None:
    asked = json.loads(sys.argv[1])
    with socket.socket() as line:
        fcntl.ioctl(line, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", UP))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", asked["hidden"]], check=True)
    os.chdir(asked["home"])
    os.execve(asked["command"][0], asked["command"], {"HOME": asked["home"]})


if __name__ == "__main__":
    main()

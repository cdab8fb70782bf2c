"""Also inside the sandbox: what no program in there may ask of the kernel, given up for good before a file is read.

Like the program that it belongs to it imports nothing of this package. The numbers are the kernel's own, one table for
each architecture; on any other the sandbox does not start.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

# linux/audit.h, and the numbers of the calls in each architecture's own table
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_FORKS = {"x86_64": (57, 58), "aarch64": ()}
_SOCKETS = {"x86_64": (41, 53), "aarch64": (198, 199)}
# ptrace, mounts, namespaces, keys, bpf, perf, userfaultfd, io_uring, other processes' memory, kernel modules
_NEVER = {
    "x86_64": (101, 155, 165, 166, 175, 246, 248, 249, 250, 272, 298, 304, 308, 310, 311, 313, 321, 323, 425, 426, 427),
    "aarch64": (39, 40, 41, 97, 104, 105, 117, 217, 218, 219, 241, 265, 268, 270, 271, 273, 280, 282, 425, 426, 427),
}
# memory that the limits on a process and on the folder do not count: memfd, shared memory, semaphores, queues
_UNCOUNTED = {"x86_64": (29, 64, 68, 240, 319, 447), "aarch64": (180, 186, 190, 194, 279, 447)}
_CLONE_THREAD = 0x10000
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def check_architecture() -> None:
    """End without a word where the kernel's calls have other numbers: then the starter refuses."""
    if platform.machine() not in _ARCHITECTURES or struct.calcsize("P") != 8:
        sys.exit(3)


def close_calls(*, threads: bool) -> None:
    """Give up for good: starting processes (threads too, unless they are asked for), sockets, mounts, tracing.

    A limit on processes does not bind root, and not everybody's kernel counts them per sandbox; this binds all.
    """
    program = _filter(threads=threads)
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, head, 0, 0):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        os._exit(4)


def _filter(*, threads: bool) -> bytes:
    """Return the classic BPF program (seccomp(2)); each step is code, jump if true, jump if false, value."""
    machine = platform.machine()
    refuse = _REFUSE | errno.EPERM
    steps = [(0x20, 0, 0, 4), (0x15, 1, 0, _ARCHITECTURES[machine]), (0x06, 0, 0, _KILL), (0x20, 0, 0, 0)]
    steps += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, _KILL)]  # x32: the same calls under other numbers
    refused = (*_NEVER[machine], *_UNCOUNTED[machine], *_FORKS[machine], *(() if threads else _SOCKETS[machine]))
    for number in refused:
        steps += [(0x15, 0, 1, number), (0x06, 0, 0, refuse)]
    steps += [(0x15, 0, 1, _CLONE3), (0x06, 0, 0, _REFUSE | errno.ENOSYS)]  # then libc asks for clone instead
    if threads:
        flags_low_half = 16
        steps += [(0x15, 0, 4, _CLONE[machine]), (0x20, 0, 0, flags_low_half)]
        steps += [(0x45, 1, 0, _CLONE_THREAD), (0x06, 0, 0, refuse), (0x06, 0, 0, _ALLOW)]
    else:
        steps += [(0x15, 0, 1, _CLONE[machine]), (0x06, 0, 0, refuse)]
    steps += [(0x06, 0, 0, _ALLOW)]
    return b"".join(struct.pack("HBBI", *step) for step in steps)

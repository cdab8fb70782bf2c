"""Runs a program that may never have memory both writable and executable, nor make any executable: prctl(PR_SET_MDWE).

The nearest thing to systemd's MemoryDenyWriteExecute where no systemd runs; kernels before 6.3 do not have it.
"""

import ctypes
import os
import sys

PR_SET_MDWE = 65
MDWE_REFUSE_EXEC_GAIN = 1

if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) != 0:
    print("this kernel has no PR_SET_MDWE", file=sys.stderr)
os.execv(sys.argv[1], sys.argv[1:])

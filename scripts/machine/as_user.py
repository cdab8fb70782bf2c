"""Doing one thing as another user: a child gives up root for good, does it, and sends back JSON through a pipe.

So root never follows a path that somebody else can change, and what comes back is judged as any stranger's text.
"""

import json
import os
import pwd
import sys
from collections.abc import Callable

from .places import Refused

MAX_ANSWER_BYTES = 1 << 20


def as_user(user: str, work: Callable[[], object]) -> object:
    """Run `work` as this user and return what it returned. Refused when it failed."""
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise Refused(f"there is no user {user}", "Make the drop with: onion-dropbox-add NAME") from None
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _work_and_end(account, work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read(MAX_ANSWER_BYTES + 1)
    _, status = os.waitpid(child, 0)
    if status != 0 or len(answer) > MAX_ANSWER_BYTES:
        raise Refused(f"what was to be done as {user} failed", "The line above says why.")
    return json.loads(answer)


def _work_and_end(account: pwd.struct_passwd, work: Callable[[], object], writing: int) -> None:
    code = 1
    try:
        become(account)
        data = json.dumps(work()).encode()
        while data:
            data = data[os.write(writing, data) :]
        code = 0
    except Exception as error:  # a child must end here, whatever it was; only its kind is said
        reason = error.strerror if isinstance(error, OSError) else ""
        print(f"error: as {account.pw_name}: {reason or type(error).__name__}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def become(account: pwd.struct_passwd) -> None:
    """Give up every right but this user's, for good. Nothing happens when this process is that user already."""
    if os.getuid() != account.pw_uid:
        os.setgroups([])
        os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
        os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    if os.getresuid() != (account.pw_uid,) * 3:
        raise PermissionError
    os.umask(0o077)
    os.chdir("/")

"""Processes that end with the one that started them, however that one ended."""

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
# Loaded here: after a fork, loading is no longer safe.
_libc = ctypes.CDLL(None, use_errno=True)


def end_with_parent(parent: int, sign: signal.Signals) -> None:
    """Ask Linux to send `sign` when the parent dies; elsewhere the supervisor's stop must do.

    Call in the child, first of all; a parent that died before the call is noticed here.
    """
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, int(sign), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)

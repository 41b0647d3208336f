"""Stops one thread of the daemon, the one that works on the database, as an unresponsive disk would.

python3 stuck.py BOX SECONDS. Done from outside with ptrace, so that the program needs no hook; other threads keep running.
"""

import ctypes
import os
import subprocess
import sys
import time

SEIZE, INTERRUPT = 0x4206, 0x4207


def read(path):
    with open(path, "rb") as file:
        return file.read()


def daemon(space):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = read(f"/proc/{pid}/cmdline").split(b"\0")
            if words[:2] == [b"/usr/bin/leadtime", b"run"] and os.readlink(f"/proc/{pid}/ns/pid") == space:
                return int(pid)
        except OSError:
            continue
    sys.exit("no daemon is running in this machine")


def main():
    box, seconds = sys.argv[1], float(sys.argv[2])
    machine = read(f"{box}/nspawn.pid").decode().strip()
    leader = subprocess.check_output(["pgrep", "-P", machine], text=True).split()[0]
    pid = daemon(os.readlink(f"/proc/{leader}/ns/pid"))
    threads = [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]
    # The runtime names its threads; the database thread has the program's own name.
    named = [t for t in threads if t != pid and read(f"/proc/{pid}/task/{t}/comm").strip() == b"leadtime"]
    if len(named) != 1:
        sys.exit(f"cannot identify the database thread: {named}")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    for request in (SEIZE, INTERRUPT):
        if libc.ptrace(request, named[0], None, None) != 0:
            sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")
    print(f"stopped one of {len(threads)} threads", flush=True)
    until = time.monotonic() + seconds
    while time.monotonic() < until and os.path.exists(f"/proc/{pid}"):
        # A traced thread that ends notifies its tracer, and is gone only after the tracer has read that.
        try:
            if os.waitpid(named[0], os.WNOHANG | 0x40000000)[0] and not os.path.exists(f"/proc/{pid}/task/{named[0]}"):
                break
        except ChildProcessError:
            break
        time.sleep(0.2)


main()

"""Runs commands of ``dlt-web lts``, each in a process of its own that need not import the server anew.

To import it takes a process most of a second, and tests run commands by the hundred. Run as a program, this reads one
command a line, as JSON, and prints its exit code when it has ended.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback

from dlt_web.lts.cli import lts


def run_in_fork(command: dict[str, object]) -> int:
    """Run one command to its end in a new process and return its exit code."""
    child = os.fork()
    if child == 0:
        become(**command)  # type: ignore[arg-type]
        # No more of what Python does at its end: that would copy each object which this process shares, to drop it.
        os._exit(run())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def become(folder: str, environment: dict[str, str], words: list[str], streams: list[str], patience_s: int) -> None:
    """Make this process the one that a shell would have started.

    Args:
        folder: to run in.
        environment: all of its variables.
        words: what follows ``dlt-web lts``.
        streams: files for standard input, output and error.
        patience_s: after that it is killed.
    """
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        file = os.open(path, flags)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (it ends with the process)
    sys.argv = ["dlt-web lts", *words]
    signal.alarm(patience_s)


def run() -> int:
    """Run what this process has become to its end, and return its exit code."""
    code: object = 1
    try:
        lts(prog_name="dlt-web lts")
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    assert isinstance(code, int)
    return code


if __name__ == "__main__":
    # Whoever collects garbage looks at each object, and has its page copied: nothing that is here now is any.
    gc.freeze()
    # Not as an iterator, which reads ahead what is for nobody else.
    while line := sys.stdin.readline():
        print(run_in_fork(json.loads(line)), flush=True)

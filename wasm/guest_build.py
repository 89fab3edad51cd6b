"""Runs inside Pyodide: ``pyodide build`` of one source folder, then byte-code of the wheel.

Arguments: SOURCE OUT DOCSTRINGS. OUT receives the wheel as ``pyodide build`` made it, and the same wheel compiled
``with`` or ``without`` docstrings.

pyodide-build expects a host with processes and make. Three of its private names are met here, which is why
build_wasm.py pins its exact version.
"""

import contextlib
import os
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path

SITE = "/site"  # where build_wasm.py mounts pyodide-build and the build back end
OWN = "/wasm"  # this folder


@contextlib.contextmanager
def _as_child_process(argv: Sequence[str], cwd: str | None, env: Mapping[str, str]) -> Iterator[None]:
    """Give the calling code the surroundings a child process would have had, and put ours back afterwards."""
    old_argv, old_cwd, old_env = sys.argv, os.getcwd(), dict(os.environ)
    sys.argv = list(argv)
    os.environ.update(env)
    if cwd is not None:
        os.chdir(cwd)
    try:
        yield
    finally:
        sys.argv = old_argv
        os.chdir(old_cwd)
        os.environ.clear()
        os.environ.update(old_env)


def _in_process_runner(*_args: object, **_options: object) -> Callable[..., None]:
    """Stand in for pyodide-build's factory of runners: WebAssembly has no child processes."""

    def run(cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None) -> None:
        program = cmd[1:]  # cmd[0] is the interpreter, and that is us
        with _as_child_process(program, cwd, extra_environ or {}):
            runpy.run_path(program[0], run_name="__main__")

    return run


def main(source: str, out: str, docstrings: str) -> None:
    """Build and compile."""
    sys.path[:0] = [SITE, OWN]
    os.environ.update(PYODIDE_ROOT="/xbuildenv/pyodide-root", SKIP_EMSCRIPTEN_VERSION_CHECK="1", PATH="/bin")
    sys.modules["__main__"].__file__ = __file__  # pyodide-build asks by what path it was started

    from pyodide_build import config, pypabuild
    from pyodide_build.cli import build, py_compile

    config.IS_WIN = True  # reads Makefile.envs by itself instead of starting make
    pypabuild._gen_runner = _in_process_runner

    build.main([source, "--no-isolation", "--outdir", out], standalone_mode=False)
    if docstrings == "without":
        import_module("guest_undocumented").leave_docstrings_out()
    (wheel,) = Path(out).glob("*-py3-none-any.whl")
    py_compile.main([str(wheel), "--keep", "--silent", "--compression-level", "0"], standalone_mode=False)


if __name__ == "__main__":
    main(*sys.argv[1:])

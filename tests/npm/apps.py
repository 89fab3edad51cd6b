"""Apps that install the package and are built as docs/npm.md and docs/start.md say, each by the bundler it is for."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.npm import start_doc
from tests.npm.doc import CODE, DOC, FILES, SCRIPTS, SERVER
from wasm import npm
from wasm.workshop import CACHE, ROOT, run

PAGES = Path(__file__).parent / "pages"
# Inside the checkout, where bundlers find the other packages by going up.
FOLDER = CACHE / "npm-apps"


def built_apps(package: Path) -> Path:
    """Give the folder with all apps; they are built once for what they are made of.

    Args:
        package: the npm package's folder.

    Returns:
        A folder that holds ``node_modules/dlt-web`` as npm installs it, and each app by its name.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    # Tests run in two processes.
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = FOLDER / _key(package)
        if not (folder / "done").is_file():
            for old in FOLDER.iterdir():
                if old.is_dir():
                    shutil.rmtree(old)
            _build_all(package, folder)
            (folder / "done").touch()
        return folder


def install(package: Path, folder: Path) -> Path:
    """Pack the package and install it into an app's folder, as from a registry; returns the tarball."""
    node = npm.find_node()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"name": "shop", "private": true, "type": "module"}\n')
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run([*npm.npm_command(node), "pack", str(package), "--pack-destination", str(folder), *quiet], env=_path(node))
    (tarball,) = folder.glob("*.tgz")
    options = ["--prefix", str(folder), "--offline", "--no-save", "--no-package-lock", *quiet]
    run([*npm.npm_command(node), "install", str(tarball), *options], env=_path(node))
    return tarball


def run_script(app: Path, script: str, env: dict[str, str] | None = None) -> None:
    """Run one of an app's scripts to its end."""
    node = npm.find_node()
    run([*npm.npm_command(node), "--prefix", str(app), "run", script], env=_path(node) | (env or {}))


def script_process(app: Path, script: str) -> tuple[list[str], dict[str, str]]:
    """Give the command that runs one of an app's scripts, and its environment."""
    node = npm.find_node()
    return [*npm.npm_command(node), "--prefix", str(app), "run", script], os.environ | _path(node)


@contextmanager
def developing(app: Path, env: dict[str, str] | None = None) -> Iterator[str]:
    """Run an app's `npm run dev` and give the address that it prints, on a free port."""
    command, inherited = script_process(app, "dev")
    process = subprocess.Popen(
        [*command, "--", "--port", "0", "--host", "127.0.0.1"],
        env=inherited | {"NO_COLOR": "1"} | (env or {}),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        said: list[str] = []
        found = None
        while found is None and (line := process.stdout.readline()):
            said.append(line)
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
        try:
            assert found is not None, f"Vite ended: {''.join(said)}"
            yield f"{found[0]}/"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def deploy(built: Path, to: Path, *, code: str, server: str) -> dict[str, Path]:
    """Give what a site serves where: an app with the test's server and code, and the runtime's files as they are."""
    runtime = built / "dlt"
    for path in built.rglob("*"):
        if path.is_file() and runtime not in path.parents:
            target = to / path.relative_to(built)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            for written, real in {SERVER: server, CODE: code, start_doc.SERVER: server, start_doc.CODE: code}.items():
                text = text.replace(written, real)
            target.write_text(text)
    return {"/": to, "/dlt/": runtime}


def _path(node: str) -> dict[str, str]:
    return {"PATH": f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"}


def _key(package: Path) -> str:
    parts = [(package / ".key").read_text(), DOC, start_doc.DOC, Path(__file__).read_text()]
    parts += [path.read_text() for path in sorted(PAGES.iterdir())]
    parts += [(ROOT / "package-lock.json").read_text()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _build_all(package: Path, folder: Path) -> None:
    install(package, folder)
    for name, lay_out in APPS.items():
        app = folder / name
        app.mkdir()
        scripts = lay_out(app)
        (app / "package.json").write_text(
            json.dumps({"name": name, "private": True, "type": "module", "scripts": scripts})
        )
        if "build" in scripts:
            run_script(app, "build")


def _write(app: Path, name: str, text: str) -> None:
    path = app / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _page(script: str) -> str:
    return (PAGES / "index.html").read_text().replace("SCRIPT", script)


def _main() -> str:
    return FILES["src/main.js"] + (PAGES / "exposed.js").read_text()


def _vite(app: Path) -> dict[str, str]:
    _write(app, "src/main.js", _main())
    _write(app, "index.html", _page("/src/main.js"))
    return SCRIPTS["vite"]


def _webpack(app: Path) -> dict[str, str]:
    _write(app, "src/main.js", _main())
    _write(app, "webpack.config.js", FILES["webpack.config.js"])
    _write(app, "dist/index.html", _page("main.js"))
    return SCRIPTS["webpack"]


def _rollup(app: Path) -> dict[str, str]:
    _write(app, "src/main.js", _main())
    _write(app, "rollup.config.js", FILES["rollup.config.js"])
    _write(app, "dist/index.html", _page("main.js"))
    return SCRIPTS["rollup"]


def _no_bundler(app: Path) -> dict[str, str]:
    for name in ("index.html", "element.html"):
        _write(app, f"dist/{name}", FILES[name])
    return {"build": "dlt-web copy dist/dlt"}


def _react(app: Path) -> dict[str, str]:
    _write(app, "vite.config.js", (PAGES / "vite.config.js").read_text())
    _write(app, "src/Scanner.jsx", FILES["src/Scanner.jsx"])
    _write(app, "src/main.jsx", (PAGES / "react.jsx").read_text())
    _write(app, "index.html", _page("/src/main.jsx"))
    # In development only, React mounts everything twice.
    return {"dev": SCRIPTS["vite"]["dev"]}


def _vue(app: Path) -> dict[str, str]:
    _write(app, "vite.config.js", (PAGES / "vite.config.js").read_text())
    _write(app, "src/Scanner.vue", FILES["src/Scanner.vue"])
    _write(app, "src/main.js", (PAGES / "vue.js").read_text())
    _write(app, "index.html", _page("/src/main.js"))
    return SCRIPTS["vite"]


def _offline(app: Path) -> dict[str, str]:
    worker = "--bundle --format=iife --outdir=dist"
    _write(app, "src/service-worker.js", FILES["src/service-worker.js"])
    _write(app, "src/workbox.js", FILES["src/workbox.js"])
    _write(app, "dist/index.html", FILES["index.html"])
    shell = r"--define:self.__WB_MANIFEST=[{\"url\":\"/\",\"revision\":\"1\"}]"
    commands = [
        "dlt-web copy dist/dlt",
        f"esbuild src/service-worker.js {worker}",
        f"esbuild src/workbox.js {worker} {shell} --define:process.env.NODE_ENV='\"production\"'",
    ]
    return {"build": " && ".join(commands)}


def _start_vite(app: Path) -> dict[str, str]:
    for name in ("index.html", "src/main.js"):
        _write(app, name, start_doc.FILES[name])
    return start_doc.SCRIPTS


def _start_react(app: Path) -> dict[str, str]:
    for name in ("index.html", "src/main.jsx"):
        _write(app, name, start_doc.FILES[f"react/{name}"])
    return start_doc.SCRIPTS


APPS: dict[str, Callable[[Path], dict[str, str]]] = {
    "vite": _vite,
    "webpack": _webpack,
    "rollup": _rollup,
    "no bundler": _no_bundler,
    "react": _react,
    "vue": _vue,
    "offline": _offline,
    "start vite": _start_vite,
    "start react": _start_react,
}

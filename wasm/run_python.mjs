// Runs one Python program inside the npm package `pyodide` under Node, so that what it writes (a wheel, byte-code)
// comes from the very interpreter that later runs in the page.
//
//   node run_python.mjs '{"pyodide": DIR, "mounts": {GUEST: HOST, …}, "env": {…}, "program": GUEST_FILE, "argv": […]}'
//
// Folders of the host appear under their guest names; nothing else of the host is visible. The exit code is the
// program's.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const job = JSON.parse(process.argv[2]);

const { loadPyodide } = await import(pathToFileURL(join(job.pyodide, "pyodide.mjs")).href);
const python = await loadPyodide({
  indexURL: job.pyodide,
  env: { HOME: "/tmp", ...job.env },
  // The lock file only names downloadable packages; this build installs its own and must never reach for the network.
  lockFileContents: { ...job.lockFileInfo, packages: {} },
  stdout: (line) => console.log(line),
  stderr: (line) => console.error(line),
});
for (const [guest, host] of Object.entries(job.mounts)) {
  await mkdir(host, { recursive: true });
  python.FS.mkdirTree(guest);
  python.FS.mount(python.FS.filesystems.NODEFS, { root: host }, guest);
}
python.globals.set("_job", JSON.stringify({ program: job.program, argv: job.argv ?? [] }));
process.exitCode = python.runPython(`
import json, runpy, sys, traceback
_job = json.loads(_job)
sys.argv = [_job["program"], *_job["argv"]]
try:
    runpy.run_path(_job["program"], run_name="__main__")
    _code = 0
except SystemExit as stop:
    _code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    if isinstance(stop.code, str):
        print(stop.code, file=sys.stderr)
except BaseException:
    traceback.print_exc()
    _code = 1
_code
`);

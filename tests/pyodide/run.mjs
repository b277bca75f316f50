// Run Python in WebAssembly: `node run.mjs PYODIDE SITE REPOSITORY SCRIPT ...`, from the session `pyodide`.
// PYODIDE is the npm package's folder, SITE a folder of pure-Python packages; both and the repository are mounted.
import { existsSync, realpathSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, site, repository, ...words] = process.argv.slice(2);
const passed = Object.entries(process.env).filter(([name]) => /^(HYPOTHESIS_PROFILE|NO_COLOR|LMTRACK_)/.test(name));

async function run() {
  const { loadPyodide } = await import(pathToFileURL(path.resolve(folder, "pyodide.mjs")).href);
  const python = await loadPyodide({
    env: { HOME: "/home", LANG: "C.UTF-8", PYTHONDONTWRITEBYTECODE: "1", ...Object.fromEntries(passed) },
  });
  const shared = path.resolve(repository, "..", "shared");
  for (const [place, source] of [["/site", site], ["/repo", repository], ["/shared", shared]]) {
    if (existsSync(source)) {
      python.mountNodeFS(place, realpathSync(source));
    }
  }
  python.globals.set("words", python.toPy(words));
  return python.runPythonAsync(`
import os, runpy, sys
sys.argv = list(words)
sys.path[:0] = [os.path.join("/repo", os.path.dirname(sys.argv[0])), "/site"]
os.chdir("/repo")
code = 0
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as ended:
    code = ended.code
    if isinstance(code, str):
        print(code, file=sys.stderr)
    code = code if isinstance(code, int) else int(code is not None)
sys.stdout.flush()
code
`);
}

try {
  process.exit(await run());
} catch (error) {
  console.error(error.message); // Node would print the whole of Pyodide's only line as well
  process.exit(1);
}

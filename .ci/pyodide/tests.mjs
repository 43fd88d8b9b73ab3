// The tests on the CPython of Pyodide, which is compiled to WebAssembly, under Node:
//
//   npm install pyodide
//   node --stack-size=60000 .ci/pyodide/tests.mjs node_modules/pyodide CHECKOUT SITE_PACKAGES [arguments of pytest]
//
// SITE_PACKAGES is the folder in which the test extra is installed, for whatever Python: what is compiled in it does not
// load here, and need not. `ulimit -s hard` goes before, as some tests use up the stack, and it has to be Node's.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, checkout, packages, ...args] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(pyodide, "pyodide.mjs")));
const python = await loadPyodide({ args: ["-B"], env: { PYTEST_DISABLE_PLUGIN_AUTOLOAD: "1", HOME: "/home" } });
python.mountNodeFS("/checkout", resolve(checkout));
python.mountNodeFS("/packages", resolve(packages));
python.setStdout({ write: (bytes) => (process.stdout.write(bytes), bytes.length) });
python.setStderr({ write: (bytes) => (process.stderr.write(bytes), bytes.length) });
const program = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
await python.runPythonAsync(program("machine.py"));
python.globals.set("arguments", python.toPy(args));
process.exit(python.runPython(program("tests.py")));

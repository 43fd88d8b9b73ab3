// The playground's Python, in a worker of its own, so that the page stays alive whatever a model does.
//
// In: messages {id, call, args}. Out: {id, answer} or {id, error}; while it loads, {progress}.

let python;

const fetched = async (url, what) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${what} is not part of this site: ${url} (${response.status})`);
  return response;
};

const calls = {
  // Load Pyodide from the folder `pyodide`, its `packages`, the library from `wheel`, and `program`.
  async load({ pyodide, packages, wheel, program }) {
    postMessage({ progress: "Loading the library" }); // first: without it there is no point in loading what is larger
    const library = await (await fetched(wheel, "The library")).arrayBuffer();
    const text = await (await fetched(program, "The playground's program")).text();
    postMessage({ progress: "Loading Python" });
    const { loadPyodide } = await import(`${pyodide}pyodide.mjs`);
    python = await loadPyodide();
    await python.loadPackage(packages, { messageCallback() {} });
    python.unpackArchive(library, "wheel");
    python.FS.writeFile("play.py", text);
    postMessage({ progress: "Starting" });
    python.runPython("import sys; sys.path.insert(0, '.'); import play");
  },
  opened: (name, source) => JSON.parse(python.pyimport("play").opened(name, source)),
  entered: (line) => JSON.parse(python.pyimport("play").entered(line)),
};

onmessage = async ({ data: { id, call, args } }) => {
  try {
    postMessage({ id, answer: await calls[call](...args) });
  } catch (error) {
    postMessage({ id, error: error.message || String(error) });
  }
};

// Reads Mermaid, and Markdown, as the browser does: one JSON text a line in, one JSON answer a line out.
//   node mermaid.mjs FOLDER      FOLDER has node_modules with mermaid, marked and jsdom
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const found = createRequire(`${process.argv[2]}/from-here.js`);
const load = (name) => import(pathToFileURL(found.resolve(name)));
const { JSDOM } = await load("jsdom");
const { window } = new JSDOM("<!DOCTYPE html><body></body>");
Object.assign(globalThis, { window, document: window.document });
const mermaid = (await import(pathToFileURL(`${process.argv[2]}/node_modules/mermaid/dist/mermaid.core.mjs`))).default;
const { marked } = await load("marked");

// what is shown of a text of the parser's: its own marks for entities, then HTML
const shown = (text) => {
  const element = document.createElement("div");
  element.innerHTML = marked.parseInline(text.replace(/ﬂ°°(\d+)¶ß/g, "&#$1;"));
  element.querySelectorAll("br").forEach((each) => each.replaceWith("\n"));
  return element.textContent;
};

const readers = {
  async mermaid(text) {
    await mermaid.parse(text);
    const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
    const { nodes, edges } = diagram.db.getData();
    return {
      nodes: nodes.map(({ id, label, description, parentId, shape, cssClasses }) => {
        const lines = Array.isArray(label) ? label : [label, ...(description ?? [])];
        return { id, lines: lines.filter(Boolean).map(shown), parent: parentId ?? null, shape, cssClasses };
      }),
      edges: edges.map(({ start, end, label }) => ({ tail: start, head: end, label: shown(label ?? "") })),
    };
  },
  async table(text) {
    const element = document.createElement("div");
    element.innerHTML = marked.parse(text);
    const rows = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent));
    return [...element.querySelectorAll("table")].map(rows);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [reader, text] = JSON.parse(line);
  let answer;
  try {
    answer = await readers[reader](text);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

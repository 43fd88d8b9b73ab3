// The playground: a machine that readers of the documentation play with. Python runs in worker.js, a session in play.py.
//
// The element #machine says where Pyodide is (data-pyodide) and which of its packages the library needs
// (data-packages); a page that is served with others there, such as those of a test, loads them instead.

const MODELS = [
  ["door.py", "A door"],
  ["traffic_light.py", "A traffic light"],
  ["order.py", "An order"],
  ["kiosk.py", "A coffee kiosk"],
];
const STEP = 450; // milliseconds for which one step of several is shown
const SHOWN = 12; // of more steps than these, only the last are shown
const PATIENCE = 5000; // milliseconds after which a reader may stop a model

const root = document.getElementById("machine");
const here = (name) => new URL(name, import.meta.url).href;

const make = (tag, properties = {}, ...children) => {
  const { data = {}, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, data);
  made.append(...children);
  return made;
};

// --- Python -------------------------------------------------------------------------------------------------------

let worker = null, waiting = new Map(), last = 0;

const asked = (call, ...args) => new Promise((resolve, reject) => {
  waiting.set(++last, { resolve, reject });
  worker.postMessage({ id: last, call, args });
});

const begin = () => {
  worker = new Worker(here("worker.js"), { type: "module" });
  worker.onmessage = ({ data: { id, answer, error, progress } }) => {
    if (progress) return say(`${progress} \u2026`);
    const { resolve, reject } = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) resolve(answer); else reject(new Error(error));
  };
  worker.onerror = (event) => end(event.message || "the worker of this page cannot be loaded");
  const urls = (root.dataset.packages || "").split(/\s+/).filter(Boolean);
  const packages = urls.map((each) => (each.includes("/") ? new URL(each, location.href).href : each));
  const pyodide = new URL(root.dataset.pyodide, location.href).href;
  return asked("load", { pyodide, packages, wheel: here("hsm.whl"), program: here("play.py") });
};

const end = (why) => {
  worker.terminate();
  worker = null;
  for (const { reject } of waiting.values()) reject(new Error(why));
  waiting.clear();
};

// --- what is on the page ------------------------------------------------------------------------------------------

const ui = {
  model: make("select", { ariaLabel: "Model" }, ...MODELS.map(([value, text]) => make("option", { value }, text))),
  where: make("output", { className: "play-where" }),
  undo: make("button", { type: "button", disabled: true }, "Undo"),
  again: make("button", { type: "button", disabled: true }, "Start again"),
  picture: make("div", { className: "play-picture" }),
  start: make("button", { type: "button", className: "play-primary" }, "Start"),
  status: make("p", { className: "play-status" }),
  stop: make("button", { type: "button", hidden: true }, "Stop"),
  events: make("div", { className: "play-rows" }),
  times: make("div", { className: "play-times" }),
  timers: make("div", { className: "play-rows" }),
  line: make("input", { type: "text", placeholder: "+90s", ariaLabel: "Input", autocomplete: "off", spellcheck: false }),
  enter: make("button", { type: "submit" }, "Enter"),
  log: make("div", { className: "play-log", role: "log", ariaLabel: "What happened", tabIndex: 0 }),
  source: make("textarea", { spellcheck: false, wrap: "off", ariaLabel: "The model, in Python" }),
  run: make("button", { type: "button" }, "Run"),
  restore: make("button", { type: "button", hidden: true }, "Discard changes"),
};
for (const seconds of [1, 5, 30]) {
  const button = make("button", { type: "button" }, `+${seconds} s`);
  button.onclick = () => enter(`+${seconds}s`);
  ui.times.append(button);
}
ui.form = make("form", { className: "play-form" }, ui.line, ui.enter);
const section = (title, ...children) => make("section", {}, make("h2", {}, title), ...children);
const cover = make("div", { className: "play-cover" }, ui.start, ui.status, ui.stop);
root.classList.add("play");
root.replaceChildren(
  make("div", { className: "play-bar" }, ui.model, ui.where, ui.undo, ui.again),
  make("div", { className: "play-stage" }, ui.picture, cover),
  make("div", { className: "play-side" },
    section("Events", ui.events),
    section("Time", ui.times, ui.timers),
    section("Anything else", ui.form,
      make("p", { className: "play-hint" }, "As in ", make("code", {}, "hsm simulate"), ": ",
        make("code", {}, "?"), " lists what is possible, ", make("code", {}, "save"), " writes a test, ", make("code", {}, "help"), " tells the rest.")),
    make("section", { className: "play-told" }, make("h2", {}, "Log"), ui.log)),
  make("div", { className: "play-source" },
    make("div", { className: "play-title" }, make("h2", {}, "The model"), ui.restore, ui.run), ui.source),
);
document.head.append(make("link", { rel: "stylesheet", href: here("play.css") }));

const say = (text) => { ui.status.textContent = text; };

// --- the picture --------------------------------------------------------------------------------------------------

let showing = 0; // a number for each series of steps: a new one ends the one before

const light = ({ active, taken }) => {
  for (const each of ui.picture.querySelectorAll("[data-path]")) each.classList.toggle("active", active.includes(each.dataset.path));
  for (const each of ui.picture.querySelectorAll("[data-id]")) each.classList.toggle("taken", taken.includes(each.dataset.id));
};

const draw = ({ svg, styles, missing }) => {
  if (svg) ui.picture.innerHTML = `<style>${styles}</style>${svg}`;
  else ui.picture.replaceChildren(make("p", { className: "play-hint" }, missing));
};

const show = async (steps) => {
  const mine = ++showing;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const shown = steps.slice(still ? -1 : -SHOWN);
  for (const [number, step] of shown.entries()) {
    if (number > 0) await new Promise((done) => setTimeout(done, STEP));
    if (mine !== showing) return;
    light(step);
  }
};

// --- the rest -----------------------------------------------------------------------------------------------------

const log = (lines) => {
  if (!lines.length) return;
  for (const { kind, text } of lines) ui.log.append(make("div", { className: `play-${kind}` }, text.replace(/^ {2}/gm, "")));
  ui.log.scrollTop = ui.log.scrollHeight;
};

const event = ({ name, line, data, prospect }) => {
  const button = make("button", { type: "button", data: { event: name } }, name);
  const field = make("input", { type: "text", value: data, hidden: !data, spellcheck: false, ariaLabel: `Data of ${name}` });
  const why = make("button", { type: "button", className: "play-why", title: "What would it do, and why?" }, "?");
  const whole = () => (data ? `${line} ${field.value}` : line);
  button.onclick = () => enter(whole());
  field.onkeydown = (pressed) => { if (pressed.key === "Enter") enter(whole()); };
  why.onclick = () => enter(`? ${whole()}`);
  return make("div", { className: "play-row" }, button, field, why, make("small", {}, prospect));
};

const timer = ({ text, line, prospect }) => {
  const button = make("button", { type: "button", data: { wait: line } }, line.replace(/(\d)([a-z])/, "$1 $2"));
  button.onclick = () => enter(line);
  return make("div", { className: "play-row" }, button, make("small", {}, `${text} ${prospect}`));
};

const tell = (answer) => {
  log(answer.wrong === undefined ? answer.lines : [{ kind: "wrong", text: answer.wrong }]);
  if (answer.steps === undefined) return;
  ui.where.textContent = answer.where;
  ui.undo.disabled = answer.done === 0;
  const nothing = (text) => make("p", { className: "play-hint" }, text);
  ui.events.replaceChildren(...(answer.events.length ? answer.events.map(event) : [nothing("No event does anything now.")]));
  ui.timers.replaceChildren(...answer.timers.map(timer));
  show(answer.steps);
};

// Do one thing after the other; meanwhile nothing can be pressed, and what takes too long can be stopped.
let isBusy = false;
const busily = async (work) => {
  if (isBusy) return;
  isBusy = true;
  root.classList.add("play-busy");
  const impatient = setTimeout(() => {
    ui.stop.hidden = false;
    if (root.classList.contains("play-on")) say("It is still running \u2026");
  }, PATIENCE);
  try {
    await work();
  } catch (error) {
    close();
    log([{ kind: "wrong", text: error.message }]);
    say(error.message);
  }
  clearTimeout(impatient);
  ui.stop.hidden = true;
  isBusy = false;
  root.classList.remove("play-busy");
};

const enter = (line) => busily(async () => {
  if (!root.classList.contains("play-on")) return;
  tell(await asked("entered", line));
  say("");
});

const close = () => { // what was played is over; its picture stays until there is another one
  showing++;
  root.classList.remove("play-on");
  for (const each of [ui.events, ui.timers, ui.where]) each.replaceChildren();
  ui.undo.disabled = ui.again.disabled = true;
};

const open = () => busily(async () => {
  close();
  ui.log.replaceChildren();
  if (worker === null) {
    ui.start.hidden = true;
    try {
      await begin();
    } catch (error) {
      if (worker) end(error.message);
      ui.start.hidden = false;
      throw error;
    }
  }
  say("");
  const answer = await asked("opened", ui.model.value, ui.source.value);
  if (answer.wrong === undefined) {
    root.classList.add("play-on");
    ui.again.disabled = false;
    draw(answer);
  } else {
    ui.picture.replaceChildren();
    say("This model does not run; the log says why.");
  }
  tell(answer);
});

const sources = new Map();
const choose = async () => {
  const name = ui.model.value;
  if (!sources.has(name)) sources.set(name, await (await fetch(here(`models/${name}`))).text());
  if (ui.model.value !== name) return; // another one has been chosen meanwhile
  ui.source.value = sources.get(name);
  ui.source.scrollTop = 0;
  edited();
  if (worker !== null) open(); else preview(name);
};
const preview = async (name) => { // how the machine starts, as Python said when the site was built
  const response = await fetch(here(`models/${name.replace(/py$/, "json")}`));
  const answer = response.ok ? await response.json() : {};
  if (!answer.svg || worker !== null || ui.model.value !== name) return;
  draw(answer);
  light(answer.steps.at(-1));
};
const edited = () => { ui.restore.hidden = ui.source.value === sources.get(ui.model.value); };

ui.start.onclick = ui.again.onclick = ui.run.onclick = open;
ui.undo.onclick = () => enter("undo");
ui.restore.onclick = ui.model.onchange = choose;
ui.source.oninput = edited;
ui.stop.onclick = () => { ui.start.hidden = false; end("Stopped."); };
ui.form.onsubmit = (submitted) => {
  submitted.preventDefault();
  if (isBusy || !ui.line.value.trim()) return;
  enter(ui.line.value);
  ui.line.value = "";
};
ui.source.onkeydown = (pressed) => { // Control and Enter runs; Tab indents
  if (pressed.key === "Enter" && (pressed.ctrlKey || pressed.metaKey)) { pressed.preventDefault(); open(); }
};
choose();

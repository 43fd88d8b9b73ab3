"use strict";
// Moves, searches, folds and plays the picture of the page. Plain JavaScript: what is here is what runs.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const element = (id) => document.getElementById(id);
  const root = document.documentElement, view = element("view"), svg = view.querySelector("svg");
  const width = svg.viewBox.baseVal.width, height = svg.viewBox.baseVal.height;

  // --- what is in the picture: vertices by path, lines and labels by transition ---------------------------------
  const shapes = new Map(), parts = new Map();
  for (const each of svg.querySelectorAll("[data-path]")) shapes.set(each.dataset.path, each);
  for (const each of svg.querySelectorAll("[data-id]")) {
    if (!parts.has(each.dataset.id)) parts.set(each.dataset.id, []);
    parts.get(each.dataset.id).push(each);
  }
  const vertices = new Map(data.vertices.map((each) => [each.path, each]));
  const transitions = new Map(data.transitions.map((each) => [each.id, each]));
  const lines = [...svg.querySelectorAll("g.transition")].map((group, number) => ({group, ...data.lines[number]}));

  const make = (name, properties = {}, ...children) => {
    const made = document.createElement(name);
    Object.assign(made, properties);
    made.append(...children);
    return made;
  };
  const draw = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  const mark = (elements, word, is) => { for (const each of elements) each.classList.toggle(word, is); };

  // --- moving and zooming ----------------------------------------------------------------------------------------
  let scale = 1, left = 0, top = 0;
  let arranged = null; // what has placed the picture, until somebody moves it
  const place = () => { arranged = null; svg.style.transform = `translate(${left}px, ${top}px) scale(${scale})`; };
  const zoom = (factor, x = view.clientWidth / 2, y = view.clientHeight / 2) => {
    const next = Math.min(8, Math.max(0.05, scale * factor));
    left = x - (x - left) * next / scale;
    top = y - (y - top) * next / scale;
    scale = next;
    place();
  };
  const fit = () => {
    scale = Math.min(1.5, (view.clientWidth - 16) / width, (view.clientHeight - 16) / height);
    scale = Math.max(scale, 0.05);
    left = (view.clientWidth - width * scale) / 2;
    top = (view.clientHeight - height * scale) / 2;
    place();
    arranged = fit;
  };
  const open = () => { // large enough to be read, if need be from the top
    const across = (view.clientWidth - 16) / width, down = (view.clientHeight - 16) / height;
    scale = Math.max(Math.min(1.5, across, down), Math.min(0.85, across), 0.05);
    left = (view.clientWidth - width * scale) / 2;
    top = Math.max((view.clientHeight - height * scale) / 2, 8);
    place();
    arranged = open;
  };
  const show = ([x, y, right, bottom]) => { // move the picture only as far as it takes to see this box
    const at = [left + x * scale, top + y * scale, left + right * scale, top + bottom * scale];
    const shift = (start, end, size) => start < 20 ? 20 - start : end > size - 20 ? Math.max(size - 20 - end, 20 - start) : 0;
    left += shift(at[0], at[2], view.clientWidth);
    top += shift(at[1], at[3], view.clientHeight);
    place();
  };

  const fingers = new Map();
  let moved = 0;
  view.addEventListener("pointerdown", (event) => {
    if (event.button > 0) return;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    moved = 0;
  });
  view.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY], other = [...fingers].find(([id]) => id !== event.pointerId);
    if (other) {
      const box = view.getBoundingClientRect(), still = other[1];
      const reach = (point) => Math.max(1, Math.hypot(point[0] - still[0], point[1] - still[1]));
      zoom(reach(now) / reach(before), still[0] - box.left, still[1] - box.top);
    } else {
      left += now[0] - before[0];
      top += now[1] - before[1];
      place();
    }
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (moved > 4) {
      view.classList.add("moving");
      view.setPointerCapture(event.pointerId);
    }
    fingers.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"])
    view.addEventListener(name, (event) => { fingers.delete(event.pointerId); view.classList.remove("moving"); });
  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = view.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
  }, {passive: false});

  // --- choosing: details of a vertex or a transition ---------------------------------------------------------------
  const items = new Map(); // of the lists, by path or identifier
  let chosen = null;
  const elements = (key) => [shapes.get(key), ...(parts.get(key) || []), items.get(key)].filter(Boolean);
  const name = (path) => path.slice(path.lastIndexOf("/") + 1);
  const bounds = (id) => { // of the lines of a transition; else of the vertex that it is written in
    const points = lines.filter((each) => each.id === id).flatMap((each) => each.points);
    if (!points.length) return data.boxes[transitions.get(id).source];
    const xs = points.map((each) => each[0]), ys = points.map((each) => each[1]);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  };
  const choose = (key, moves = false) => {
    if (chosen !== null) mark(elements(chosen), "chosen", false);
    chosen = key;
    element("details").hidden = key === null;
    if (key === null) return;
    mark(elements(key), "chosen", true);
    const found = vertices.get(key) || transitions.get(key);
    const rows = [make("h2", {textContent: found.kind})];
    if (vertices.has(key)) {
      rows.push(make("p", {className: "name", textContent: found.path}));
      rows.push(...found.lines.map((line) => make("p", {textContent: line})));
      const fold = folds.get(key);
      if (fold) rows.push(make("p", {}, make("button", {textContent: fold.is ? "Expand" : "Collapse", onclick: () => toggle(key)})));
    } else {
      rows.push(make("p", {className: "name", textContent: found.label || "(no label)"}));
      rows.push(make("p", {textContent: [found.source, found.targets.join(", ")].filter(Boolean).join(" \u2192 ")}));
    }
    if (found.place) rows.push(make("p", {}, make("code", {textContent: found.place})));
    element("details").replaceChildren(...rows);
    items.get(key)?.scrollIntoView({block: "nearest"});
    if (moves) show(vertices.has(key) ? data.boxes[key] : bounds(key));
  };

  const list = (id, entries) => {
    for (const [key, text, small, depth] of entries) {
      const item = make("li", {tabIndex: 0}, text);
      if (depth) item.style.paddingLeft = `${6 + 12 * depth}px`;
      if (small) item.append(make("small", {textContent: small}));
      item.addEventListener("click", () => choose(key, true));
      item.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(key, true); });
      item.addEventListener("pointerenter", () => mark(elements(key), "hit", true));
      item.addEventListener("pointerleave", () => mark(elements(key), "hit", matches.has(key)));
      items.set(key, item);
      element(id).append(item);
    }
  };
  let matches = new Set();
  list("states", data.vertices.map((each) => {
    return [each.path, each.title, each.kind === "state" ? "" : each.kind, each.path.split("/").length - 2];
  }));
  list("transitions", data.transitions.map((each) => [
    each.id, each.label || `(${each.kind})`,
    [name(each.source), each.targets.map(name).join(", ")].filter(Boolean).join(" \u2192 ") + (each.place ? ` \u00b7 ${each.place}` : ""),
  ]));

  for (const line of lines) { // a line is hard to hit
    const wide = draw("path", {class: "wide", d: line.group.querySelector(".line").getAttribute("d")});
    line.group.prepend(wide);
    line.wide = wide;
    line.line = line.group.querySelector(".line");
    line.head = line.group.querySelector(".head");
    line.drawn = [line.line.getAttribute("d"), line.head?.getAttribute("d")];
  }
  view.addEventListener("click", (event) => {
    if (moved > 4) return;
    const fold = event.target.closest(".fold"), found = event.target.closest("[data-path], [data-id]");
    if (fold) toggle(fold.parentNode.dataset.path);
    else choose(found ? found.dataset.path || found.dataset.id : null);
  });
  view.addEventListener("dblclick", (event) => {
    const found = event.target.closest(".composite");
    if (found && folds.has(found.dataset.path)) toggle(found.dataset.path);
  });

  // --- collapsing -----------------------------------------------------------------------------------------------
  const folds = new Map(); // composite states by path: whether they are collapsed, and what shows it
  const inside = ([x, y], box) => x >= box[0] - 0.5 && x <= box[2] + 0.5 && y >= box[1] - 0.5 && y <= box[3] + 0.5;
  for (const [path, shape] of shapes) {
    if (!shape.classList.contains("composite") || shape.classList.contains("region")) continue;
    const box = data.boxes[path], x = box[2] - 17, y = box[1] + 12.5;
    const count = [...vertices.keys()].filter((each) => each.startsWith(path + "/")).length;
    const below = [...shape.querySelectorAll(":scope > .rule")].map((each) => each.getBBox().y); // of its compartments
    const text = draw("text", {class: "folded", x: box[0] + 10, y: Math.max(...below) + 18});
    text.textContent = `${count} inside`;
    // UML's sign for what is hidden: two states and an arrow
    const [p, q] = [box[2] - 36, box[3] - 12];
    const hidden = draw("path", {class: "folded", d: `M${p} ${q - 4}h9v8h-9ZM${p + 9} ${q}h8M${p + 17} ${q - 4}h9v8h-9Z`});
    const sign = draw("path", {class: "fold-sign", d: `M${x - 3.5} ${y}h7`});
    const button = draw("rect", {class: "fold", x: x - 7, y: y - 7, width: 14, height: 14, rx: 4});
    button.append(Object.assign(draw("title", {}), {textContent: "Collapse or expand"}));
    shape.append(text, hidden, button, sign);
    folds.set(path, {is: false, sign, x, y});
  }
  const crossing = (from, to, box) => { // where a stretch from outside of a box meets its border
    const between = (value, low, high) => Math.min(Math.max(value, low), high);
    return from[0] === to[0] ? [from[0], between(from[1], box[1], box[3])] : [between(from[0], box[0], box[2]), from[1]];
  };
  const cut = (points, box) => { // the part outside of a box of a line that begins or ends in it; null for none
    const outer = points.map((each) => !inside(each, box));
    if (!outer.includes(false)) return points;
    if (!outer.includes(true)) return null;
    const first = outer.indexOf(true), last = outer.lastIndexOf(true);
    const kept = points.slice(first, last + 1);
    if (first > 0) kept.unshift(crossing(points[first], points[first - 1], box));
    if (last < points.length - 1) kept.push(crossing(points[last], points[last + 1], box));
    return kept;
  };
  const rounded = (points) => {
    let path = `M${points[0]}`;
    for (let i = 1; i < points.length - 1; i++) {
      const [before, here, after] = points.slice(i - 1, i + 2), length = (end) => Math.hypot(end[0] - here[0], end[1] - here[1]);
      const radius = Math.min(6, length(before) / 2, length(after) / 2);
      const towards = (end) => [0, 1].map((axis) => here[axis] + (end[axis] - here[axis]) * radius / (length(end) || 1));
      path += `L${towards(before)}Q${here} ${towards(after)}`;
    }
    return `${path}L${points.at(-1)}`;
  };
  const tip = (before, end) => {
    const length = Math.hypot(end[0] - before[0], end[1] - before[1]) || 1;
    const back = (by) => [0, 1].map((axis) => end[axis] + (before[axis] - end[axis]) * by / length);
    const [x, y] = back(8), across = (end[1] - y) * 0.45, down = (end[0] - x) * 0.45;
    return `M${end}L${x - across} ${y + down}L${back(6)}L${x + across} ${y - down}Z`;
  };
  const redraw = () => {
    const boxes = [...folds].filter(([, fold]) => fold.is).map(([path]) => data.boxes[path]);
    for (const line of lines) {
      let points = line.points;
      for (const box of boxes) points = points && cut(points, box);
      line.group.classList.toggle("gone", !points);
      if (!points) continue;
      const [d, head] = points === line.points ? line.drawn : [rounded(points), tip(points.at(-2), points.at(-1))];
      line.line.setAttribute("d", d);
      line.wide.setAttribute("d", d);
      line.head?.setAttribute("d", head);
    }
    for (const label of svg.querySelectorAll("g.label")) {
      const text = label.querySelector("text");
      const at = [Number(text.getAttribute("x")), Number(text.getAttribute("y"))];
      label.classList.toggle("gone", boxes.some((box) => inside(at, box)));
    }
    const all = [...folds.values()].slice(1);
    element("collapse").textContent = all.length && all.every((fold) => fold.is) ? "Expand all" : "Collapse all";
  };
  const set = (path, is) => {
    const fold = folds.get(path);
    fold.is = is;
    shapes.get(path).classList.toggle("collapsed", is);
    fold.sign.setAttribute("d", `M${fold.x - 3.5} ${fold.y}h7` + (is ? `M${fold.x} ${fold.y - 3.5}v7` : ""));
  };
  const toggle = (path) => {
    set(path, !folds.get(path).is);
    redraw();
    if (chosen === path) choose(path);
  };
  const collapseAll = () => { // the model itself stays open
    const inner = [...folds.keys()].slice(1), is = inner.some((path) => !folds.get(path).is);
    for (const path of inner) set(path, is);
    if (folds.size && !is) set([...folds.keys()][0], false);
    redraw();
  };
  element("collapse").hidden = folds.size < 2;

  // --- searching --------------------------------------------------------------------------------------------------
  let hit = -1;
  const search = (text) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found = (texts) => words.length > 0 && words.every((word) => texts.join("\n").toLowerCase().includes(word));
    for (const key of matches) mark(elements(key), "hit", false);
    matches = new Set();
    const called = text.includes("/") ? (path) => path : name; // else all that is in a state would be found with it
    for (const each of data.vertices) if (found([called(each.path), each.title, each.kind, ...each.lines])) matches.add(each.path);
    for (const each of data.transitions) if (found([each.label, ...[each.source, ...each.targets].map(called)])) matches.add(each.id);
    for (const key of matches) mark(elements(key), "hit", true);
    for (const [key, item] of items) item.hidden = words.length > 0 && !matches.has(key);
    root.classList.toggle("searching", words.length > 0);
    hit = -1;
  };
  element("search").addEventListener("input", (event) => search(event.target.value));
  element("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches.size) {
      hit = (hit + (event.shiftKey ? matches.size - 1 : 1)) % matches.size;
      choose([...matches][hit], true);
    } else if (event.key === "Escape") {
      event.target.value = "";
      search("");
      view.focus();
    }
  });

  open();

  // --- playing ----------------------------------------------------------------------------------------------------
  const steps = data.steps, rows = [];
  let position = -1, timer = null, lit = [];
  const go = (number) => {
    const next = Math.min(Math.max(number, 0), steps.length - 1);
    if (next === position) return;
    for (const [key, word] of lit) mark(elements(key), word, false);
    if (rows[position]) rows[position].classList.remove("active");
    position = next;
    const step = steps[next];
    lit = [...step.active.map((path) => [path, "active"]), ...step.taken.map((id) => [id, "taken"])];
    for (const [key, word] of lit) mark(elements(key), word, true);
    for (const id of step.taken) mark([items.get(id)], "active", true), lit.push([id, "active"]);
    rows[next].classList.add("active");
    const list = element("steps"), row = rows[next];
    if (row.offsetTop < list.scrollTop + list.offsetTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.offsetTop + list.clientHeight)
      list.scrollTop = row.offsetTop - list.offsetTop - list.clientHeight / 2;
    element("position").value = next;
    const leaves = step.active.filter((path) => !step.active.some((other) => other.startsWith(path + "/")));
    const boxes = leaves.map((path) => data.boxes[path]);
    if (boxes.length) show([0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(...boxes.map((box) => box[side]))));
    const did = step.did.length ? ` \u00b7 ${step.did.join(", ")}` : "";
    element("now").textContent = `${next + 1} of ${steps.length} \u00b7 ${step.cause} \u00b7 ${step.outcome || "under way"}${did}`;
    element("now").title = element("now").textContent;
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    element("play").classList.remove("playing");
  };
  const play = () => {
    if (position >= steps.length - 1) go(0);
    element("play").classList.add("playing");
    timer = setInterval(() => { if (position >= steps.length - 1) pause(); else go(position + 1); }, 1000 / element("speed").value);
  };
  const step = (number) => { pause(); go(number); };
  if (steps.length) {
    element("player").hidden = element("played").hidden = false;
    element("position").max = steps.length - 1;
    const start = steps[0].time;
    steps.forEach((each, number) => {
      const row = make("li", {tabIndex: 0}, each.cause, make("small", {textContent: `${number + 1} \u00b7 ${(each.time - start).toFixed(3)} s \u00b7 ${each.outcome || "under way"}`}));
      row.addEventListener("click", () => step(number));
      row.addEventListener("keydown", (event) => { if (event.key === "Enter") step(number); });
      rows.push(row);
    });
    element("steps").append(...rows);
    element("first").onclick = () => step(0);
    element("back").onclick = () => step(position - 1);
    element("next").onclick = () => step(position + 1);
    element("last").onclick = () => step(steps.length - 1);
    element("play").onclick = () => { if (timer) pause(); else play(); };
    element("position").oninput = (event) => step(Number(event.target.value));
    element("speed").onchange = () => { if (timer) { pause(); play(); } };
    go(0);
  }

  // --- colours and keys -------------------------------------------------------------------------------------------
  const dark = (is) => root.classList.toggle("dark", is);
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  dark(preferred.matches);
  preferred.addEventListener("change", (event) => dark(event.matches));
  element("theme").onclick = () => dark();
  element("in").onclick = () => zoom(1.25);
  element("out").onclick = () => zoom(0.8);
  element("fit").onclick = fit;
  element("collapse").onclick = collapseAll;
  element("help").onclick = () => element("keys").showModal();
  const pan = (x, y) => { left += x; top += y; place(); };
  const playing = steps.length > 0;
  const keys = [
    ["/", "search; Enter goes to the next match", () => element("search").focus()],
    ["+", "larger", () => zoom(1.25)],
    ["-", "smaller", () => zoom(0.8)],
    ["0", "fit into the window", fit],
    ["c", "collapse or expand what is chosen, or all", () => { if (folds.has(chosen)) toggle(chosen); else collapseAll(); }],
    ["d", "light or dark", () => dark()],
    ["?", "these keys", () => element("keys").showModal()],
    ["Escape", "choose nothing", () => choose(null)],
    ["ArrowLeft", playing ? "one step back" : "move the picture", () => playing ? step(position - 1) : pan(60, 0)],
    ["ArrowRight", playing ? "one step on" : "move the picture", () => playing ? step(position + 1) : pan(-60, 0)],
    ["ArrowUp", "move the picture", () => pan(0, 60)],
    ["ArrowDown", "move the picture", () => pan(0, -60)],
    ...(playing ? [
      [" ", "play or pause", () => { if (timer) pause(); else play(); }],
      ["Home", "to the beginning", () => step(0)],
      ["End", "to the end", () => step(steps.length - 1)],
    ] : []),
  ];
  for (const [key, text] of keys)
    element("keys").querySelector("dl").append(make("dt", {textContent: key === " " ? "space" : key}), make("dd", {textContent: text}));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || element("keys").open) return;
    const isControl = event.target.closest("input, select") || (event.target.closest("button, li") && [" ", "Enter"].includes(event.key));
    const found = keys.find(([key]) => key === event.key);
    if (!found || isControl) return;
    event.preventDefault();
    found[2]();
  });

  addEventListener("resize", () => arranged?.());
})();

"use strict";
// The page of a knowledge map: what the texts say comes as data and enters the page as text nodes alone.

const SVG = "http://www.w3.org/2000/svg";
const MAX_NODES = 60, MAX_ROWS = 300, LABELLED_EDGES = 40, MAX_NAME = 22, ROUNDS = 300;
const ROOM = 10000;  // square pixels a node
const PRESENT = "present";

const content = JSON.parse(document.getElementById("content").textContent);
const nodes = new Map(content.nodes.map((node) => [node.id, node]));
const edges = new Map(content.edges.map((edge) => [edge.id, edge]));
const types = ranked(content.nodes.flatMap((node) => node.types));
const view = { places: new Map(), chosen: null, focus: null, scale: 1, x: 0, y: 0, width: 1000, height: 700 };

const byId = (id) => document.getElementById(id);

function ranked(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) || 0) + 1);
  return [...counts].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1));
}

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Filters

function addChoices(id, names) {
  for (const [name, count] of names) {
    const box = make("input", { type: "checkbox", value: name });
    box.checked = true;
    box.defaultChecked = true;
    const caption = make("span");
    if (id === "types") caption.append(swatch(name));
    caption.append(name);
    byId(id).append(make("label", {}, box, caption, make("span", { class: "count" }, String(count))));
  }
}

function swatch(type) {
  return make("span", { class: `swatch t${typeNumber(type)}`, "aria-hidden": "true" }, initial(type));
}

function typeNumber(type) {
  return Math.max(0, types.findIndex(([name]) => name === type)) % 8;
}

function initial(type) {
  return [...type][0].toUpperCase();
}

function setUpFilters() {
  addChoices("labels", ranked(content.edges.map((edge) => edge.label)));
  addChoices("types", types);
  addChoices("assertions", ranked(content.edges.map((edge) => edge.assertion)));
  const specialties = ranked(content.edges.flatMap((edge) => edge.specialties.map((each) => each.name)));
  byId("specialty").append(make("option", { value: "" }, "all"));
  specialties.forEach(([name], n) => byId("specialty").append(make("option", { value: String(n + 1) }, name)));
  byId("specialty").disabled = !specialties.length;
  const predicted = content.edges.some((edge) => edge.probability !== null);
  byId("probability").hidden = byId("probability-label").hidden = !predicted;
  byId("filters").addEventListener("input", update);
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filters").addEventListener("reset", () => setTimeout(update));
  return specialties.map(([name]) => name);
}

function checked(id) {
  return new Set([...byId(id).querySelectorAll("input:checked")].map((box) => box.value));
}

function isFound(node, query) {
  return [node.name, node.concept, node.lemma].some((text) => text.toLowerCase().includes(query));
}

function filterEdges() {
  const labels = checked("labels"), kinds = checked("types"), assertions = checked("assertions");
  const specialty = specialties[Number(byId("specialty").value) - 1];
  const query = byId("search").value.trim().toLowerCase();
  const least = { support: Number(byId("support").value), documents: Number(byId("documents").value) };
  const probability = Number(byId("probability").value);
  return content.edges.filter((edge) => {
    const ends = [nodes.get(edge.source), nodes.get(edge.target)];
    return labels.has(edge.label) && assertions.has(edge.assertion)
      && ends.every((node) => node.types.some((type) => kinds.has(type)))
      && (!specialty || edge.specialties.some((each) => each.name === specialty))
      && edge.support >= least.support && edge.documents >= least.documents
      && (!probability || (edge.probability !== null && edge.probability >= probability))
      && (!query || ends.some((node) => isFound(node, query)));
  });
}

// Layout: nodes push each other away, edges pull, the walls of a world as large as needed hold all. It starts from a
// spiral, so the same map is always drawn the same.

function layOut(ids, links) {
  const world = makeWorld(ids.length);
  const spread = Math.min(world.width, world.height) / 2 / Math.sqrt(ids.length + 1);
  const points = ids.map((id, n) => {
    const angle = n * 2.399963, distance = spread * Math.sqrt(n + 0.5);
    return { x: world.width / 2 + distance * Math.cos(angle), y: world.height / 2 + distance * Math.sin(angle), dx: 0, dy: 0 };
  });
  const index = new Map(ids.map((id, n) => [id, n]));
  const pulls = links.map((edge) => [points[index.get(edge.source)], points[index.get(edge.target)]]);
  const ideal = Math.sqrt((world.width * world.height) / Math.max(1, ids.length)) * 0.8;
  for (let round = 0; round < ROUNDS; round += 1) relax(points, pulls, { world, ideal, limit: 70 * (1 - round / ROUNDS) + 1 });
  return new Map(ids.map((id, n) => [id, points[n]]));
}

function makeWorld(count) {
  view.width = byId("canvas").clientWidth || 1000;
  view.height = byId("canvas").clientHeight || 700;
  const growth = Math.sqrt(Math.max(1, (count * ROOM) / (view.width * view.height)));
  return { width: view.width * growth, height: view.height * growth };
}

function relax(points, pulls, { world, ideal, limit }) {
  for (const point of points) {
    point.dx = (world.width / 2 - point.x) * 0.06;
    point.dy = (world.height / 2 - point.y) * 0.06;
  }
  for (let n = 0; n < points.length; n += 1) {
    for (let m = 0; m < n; m += 1) push(points[n], points[m], ideal);
  }
  for (const [one, other] of pulls) pull(one, other, ideal);
  for (const point of points) {
    const length = Math.hypot(point.dx, point.dy) || 1;
    const step = Math.min(length, limit) / length;
    point.x = Math.min(world.width - 80, Math.max(80, point.x + point.dx * step));
    point.y = Math.min(world.height - 50, Math.max(40, point.y + point.dy * step));
  }
}

// What lies far off does not push: it would press everything against the walls.
function push(one, other, ideal) {
  const x = one.x - other.x, y = (one.y - other.y) * 1.4;  // names are wider than high
  const squared = Math.max(x * x + y * y, 25), reach = 4 * ideal * ideal;
  if (squared > reach) return;
  const force = (ideal * ideal) / squared - (ideal * ideal) / reach;
  one.dx += x * force; one.dy += y * force;
  other.dx -= x * force; other.dy -= y * force;
}

function pull(one, other, ideal) {
  const x = other.x - one.x, y = other.y - one.y;
  const force = Math.hypot(x, y) / ideal / 1.5;
  one.dx += x * force; one.dy += y * force;
  other.dx -= x * force; other.dy -= y * force;
}

// Drawing

function weigh(shown) {
  const weight = new Map();
  for (const edge of shown) {
    for (const end of new Set([edge.source, edge.target])) weight.set(end, (weight.get(end) || 0) + edge.support);
  }
  return weight;
}

// The nodes to draw: edge by edge, those between the weightiest nodes first, so that no node stands there alone.
function chooseNodes(shown, weight) {
  const rank = (edge) => Math.min(weight.get(edge.source), weight.get(edge.target)) * 1000 + edge.support;
  const chosen = new Set();
  for (const edge of [...shown].sort((one, other) => rank(other) - rank(one) || (one.id < other.id ? -1 : 1))) {
    const further = [edge.source, edge.target].filter((end) => !chosen.has(end));
    if (chosen.size + further.length <= MAX_NODES) for (const end of further) chosen.add(end);
  }
  return [...chosen];
}

function drawAll(shown) {
  const weight = weigh(shown);
  const drawn = chooseNodes(shown, weight);
  const kept = new Set(drawn);
  const links = shown.filter((edge) => kept.has(edge.source) && kept.has(edge.target));
  view.places = layOut(drawn, links);
  if (!kept.has(view.focus)) view.focus = drawn[0] || null;
  const edgeLayer = draw("g"), nodeLayer = draw("g");
  const beside = new Map();
  for (const edge of links) edgeLayer.append(drawEdge(edge, beside));
  for (const id of drawn) nodeLayer.append(drawNode(nodes.get(id)));
  const marker = draw("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" });
  marker.append(draw("path", { d: "M0,0 L8,4 L0,8 z" }));
  byId("canvas").classList.toggle("crowded", links.length > LABELLED_EDGES);
  byId("canvas").replaceChildren(draw("defs", {}, marker), edgeLayer, nodeLayer);
  const rest = weight.size - drawn.length;
  byId("shown").textContent = `${drawn.length} nodes and ${links.length} edges drawn`
    + (rest ? `; ${rest} nodes with less support are in the list below, filters bring them up` : "");
  fit();
}

function radius(node) {
  return Math.min(26, 9 + 2.5 * Math.sqrt(node.documents));
}

function drawNode(node) {
  const place = view.places.get(node.id), size = radius(node);
  const letters = [...node.name];
  const name = letters.length > MAX_NAME ? letters.slice(0, MAX_NAME - 1).join("") + "…" : node.name;
  const group = draw("g", {
    class: `node t${typeNumber(node.types[0])}`, role: "button", "data-id": node.id,
    transform: `translate(${place.x},${place.y})`, tabindex: node.id === view.focus ? 0 : -1,
    "aria-label": `${node.name}, ${node.types.join(", ")}, in ${node.documents} documents`,
  }, draw("circle", { r: size }), draw("text", { class: "initial", y: 4 }, initial(node.types[0])), draw("text", { y: size + 14 }, name));
  group.addEventListener("click", () => choose("node", node.id));
  group.addEventListener("focus", () => { view.focus = node.id; roveTabindex(); });
  return group;
}

function drawEdge(edge, beside) {
  const pair = [edge.source, edge.target].sort().join(" ");
  const rank = beside.get(pair) || 0;
  beside.set(pair, rank + 1);
  const { path, middle } = trace(edge, rank);
  const group = draw("g", { class: `edge${edge.assertion === PRESENT ? "" : " reserved"}`, "data-id": edge.id },
    draw("path", { class: "hit", d: path }),
    draw("path", { class: "line", d: path, "stroke-width": Math.min(5, 1 + Math.log2(edge.support)), "marker-end": edge.symmetric ? "none" : "url(#arrow)" }));
  group.append(draw("text", { x: middle.x, y: middle.y }, caption(edge)), draw("title", {}, describe(edge)));
  group.addEventListener("click", () => choose("edge", edge.id));
  return group;
}

function trace(edge, rank) {
  const from = view.places.get(edge.source), to = view.places.get(edge.target);
  const start = radius(nodes.get(edge.source)), end = radius(nodes.get(edge.target)) + 2;
  if (from === to) {
    const reach = 40 + 14 * rank;
    return {
      path: `M${from.x - start},${from.y} C${from.x - reach},${from.y - reach} ${from.x + reach},${from.y - reach} ${from.x + end},${from.y}`,
      middle: { x: from.x, y: from.y - reach * 0.78 },
    };
  }
  const x = to.x - from.x, y = to.y - from.y, length = Math.hypot(x, y) || 1;
  const flip = edge.source < edge.target ? 1 : -1;
  const bend = flip * (rank % 2 ? -1 : 1) * Math.ceil(rank / 2) * 34 + (rank ? 0 : flip * 8);
  const middle = { x: (from.x + to.x) / 2 - (y / length) * bend, y: (from.y + to.y) / 2 + (x / length) * bend };
  const a = towards(from, middle, start), b = towards(to, middle, end);
  return {
    path: `M${a.x},${a.y} Q${middle.x},${middle.y} ${b.x},${b.y}`,
    middle: { x: (a.x + 2 * middle.x + b.x) / 4, y: (a.y + 2 * middle.y + b.y) / 4 },
  };
}

function towards(from, to, distance) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  return { x: from.x + ((to.x - from.x) / length) * distance, y: from.y + ((to.y - from.y) / length) * distance };
}

function caption(edge) {
  return edge.assertion === PRESENT ? edge.label : `${edge.label} (${edge.assertion})`;
}

function describe(edge) {
  const ends = [edge.source, edge.target].map((id) => nodes.get(id).name);
  return edge.symmetric ? `${ends[0]} – ${caption(edge)} – ${ends[1]}` : `${ends[0]} → ${caption(edge)} → ${ends[1]}`;
}

// Moving about

function roveTabindex() {
  for (const element of byId("canvas").querySelectorAll(".node")) {
    element.setAttribute("tabindex", element.dataset.id === view.focus ? 0 : -1);
  }
}

function moveFocus(x, y) {
  const here = view.places.get(view.focus);
  let best = null, least = Infinity;
  for (const [id, place] of view.places) {
    const along = (place.x - here.x) * x + (place.y - here.y) * y;
    const across = Math.abs((place.x - here.x) * y) + Math.abs((place.y - here.y) * x);
    const cost = along + 2.5 * across;
    if (id !== view.focus && along > 1 && cost < least) [best, least] = [id, cost];
  }
  if (best !== null) nodeElement(best).focus();
}

function nodeElement(id) {
  return [...byId("canvas").querySelectorAll(".node")].find((element) => element.dataset.id === id);
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onCanvasKey(event) {
  if (ARROWS[event.key]) moveFocus(...ARROWS[event.key]);
  else if (event.key === "Enter" || event.key === " ") choose("node", view.focus);
  else return;
  event.preventDefault();
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Escape") choose(null);
  if (event.target.closest("input, select")) return;
  const actions = { "/": () => byId("search").focus(), "+": () => zoom(1.25), "-": () => zoom(0.8), 0: fit };
  if (!actions[event.key]) return;
  actions[event.key]();
  event.preventDefault();
}

function zoom(factor) {
  const x = view.x + view.width / view.scale / 2, y = view.y + view.height / view.scale / 2;
  view.scale = Math.min(8, Math.max(0.2, view.scale * factor));
  view.x = x - view.width / view.scale / 2;
  view.y = y - view.height / view.scale / 2;
  applyView();
}

function fit() {
  const places = [...view.places.values()];
  const xs = places.map((place) => place.x), ys = places.map((place) => place.y);
  const left = Math.min(...xs) - 80, right = Math.max(...xs) + 80;
  const top = Math.min(...ys) - 45, bottom = Math.max(...ys) + 55;
  view.scale = places.length ? Math.min(view.width / (right - left), view.height / (bottom - top), 1.4) : 1;
  view.x = (places.length ? (left + right) / 2 : 0) - view.width / view.scale / 2;
  view.y = (places.length ? (top + bottom) / 2 : 0) - view.height / view.scale / 2;
  applyView();
}

function applyView() {
  byId("canvas").setAttribute("viewBox", `${view.x} ${view.y} ${view.width / view.scale} ${view.height / view.scale}`);
}

function setUpDragging() {
  const canvas = byId("canvas");
  let from = null;
  canvas.addEventListener("pointerdown", (event) => { from = { x: event.clientX, y: event.clientY }; });
  window.addEventListener("pointerup", () => { from = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const unit = view.width / view.scale / canvas.clientWidth;
    view.x -= (event.clientX - from.x) * unit;
    view.y -= (event.clientY - from.y) * unit;
    from = { x: event.clientX, y: event.clientY };
    applyView();
  });
  canvas.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY < 0 ? 1.1 : 0.9); }, { passive: false });
}

// Details

function choose(kind, id) {
  view.chosen = kind ? { kind, id } : null;
  if (kind === "node") view.focus = view.places.has(id) ? id : view.focus;
  mark();
  showDetails();
}

function mark() {
  const chosen = view.chosen;
  const near = new Set();
  for (const element of byId("canvas").querySelectorAll(".edge")) {
    const edge = edges.get(element.dataset.id);
    const touches = chosen && (chosen.kind === "edge" ? chosen.id === edge.id : [edge.source, edge.target].includes(chosen.id));
    element.classList.toggle("chosen", Boolean(touches));
    element.classList.toggle("faint", Boolean(chosen) && !touches);
    if (touches) near.add(edge.source).add(edge.target);
  }
  if (chosen && chosen.kind === "node") near.add(chosen.id);
  for (const element of byId("canvas").querySelectorAll(".node")) {
    element.classList.toggle("chosen", Boolean(chosen) && chosen.id === element.dataset.id);
    element.classList.toggle("faint", Boolean(chosen) && !near.has(element.dataset.id));
  }
  roveTabindex();
}

function showDetails() {
  const box = byId("details");
  if (!view.chosen) box.replaceChildren(make("p", { class: "quiet" }, "Choose a node or an edge."));
  else if (view.chosen.kind === "node") box.replaceChildren(...describeNode(nodes.get(view.chosen.id)));
  else box.replaceChildren(...describeEdge(edges.get(view.chosen.id)));
}

function facts(rows) {
  const list = make("dl");
  for (const [name, value] of rows) if (value !== "" && value !== null) list.append(make("dt", {}, name), make("dd", {}, String(value)));
  return list;
}

function counts(rows) {
  return rows.map((each) => `${each.name} ${each.documents}`).join(", ");
}

function describeNode(node) {
  const own = content.edges.filter((edge) => edge.source === node.id || edge.target === node.id);
  const rows = [["type", node.types.join(", ")], ["concept", node.concept], ["lemma", node.lemma], ["mentions", node.mentions],
    ["documents", node.documents], ["patients or texts", node.cases], ["documents by assertion", counts(node.assertions)]];
  return [make("h3", { class: "name" }, node.name), facts(rows), make("h3", {}, `${own.length} edges`), listButtons(own)];
}

function listButtons(own) {
  const list = make("ul");
  for (const edge of own.slice(0, MAX_ROWS)) list.append(make("li", {}, edgeButton(edge, `${describe(edge)} · ${edge.support}`)));
  return list;
}

function edgeButton(edge, words) {
  const button = make("button", { type: "button" }, words);
  button.addEventListener("click", () => { choose("edge", edge.id); byId("details-heading").focus(); });
  return button;
}

function nodeButton(id) {
  const button = make("button", { type: "button" }, nodes.get(id).name);
  button.addEventListener("click", () => { choose("node", id); byId("details-heading").focus(); });
  return button;
}

function describeEdge(edge) {
  const rows = [["relation", edge.label], ["assertion", edge.assertion], ["of the two ends", `${edge.sourceAssertion}, ${edge.targetAssertion}`],
    ["support", edge.support], ["documents", edge.documents], ["patients or texts", edge.cases],
    ["suggested by a model", edge.predicted], ["mean probability", edge.probability], ["specialties", counts(edge.specialties)]];
  const parts = [make("h3", { class: "name" }, describe(edge)), make("p", { class: "tools" }, nodeButton(edge.source), nodeButton(edge.target)), facts(rows)];
  if (!content.hasEvidence) return [...parts, make("p", { class: "quiet" }, "Evidence was left out of this map.")];
  const list = make("ul", { class: "evidence" });
  for (const each of edge.evidence) list.append(evidenceItem(each));
  const more = edge.moreEvidence ? [make("p", { class: "quiet" }, `${edge.moreEvidence} more in edges.csv`)] : [];
  return [...parts, make("h3", {}, "Evidence"), list, ...more];
}

function evidenceItem(each) {
  const item = make("li", {}, make("span", { class: "document" }, each.document), " ", make("code", {}, `${each.relation} ${each.source} → ${each.target}`));
  if (each.probability !== null) item.append(make("span", { class: "quiet" }, ` ${each.probability.toFixed(3)} by ${each.model}`));
  if (each.quote) item.append(make("blockquote", {}, each.quote));
  return item;
}

// List

function listEdges(shown) {
  const rows = shown.slice(0, MAX_ROWS).map((edge) => {
    const cell = (value, name = "") => make("td", name ? { class: name } : {}, String(value ?? "–"));
    return make("tr", {}, make("td", {}, nodeButton(edge.source)), make("td", {}, edgeButton(edge, edge.label)), make("td", {}, nodeButton(edge.target)),
      cell(edge.assertion), cell(edge.support, "n"), cell(edge.documents, "n"), cell(edge.probability === null ? null : edge.probability.toFixed(3), "n"));
  });
  byId("rows").replaceChildren(...rows);
  byId("listed").textContent = `${rows.length} of ${shown.length} edges that pass the filters, of ${content.totals.edges} in the map`;
}

function update() {
  const shown = filterEdges();
  if (view.chosen && !stillShown(shown)) view.chosen = null;
  drawAll(shown);
  listEdges(shown);
  mark();
  showDetails();
}

function stillShown(shown) {
  return shown.some((edge) => [edge.id, edge.source, edge.target].includes(view.chosen.id));
}

const specialties = setUpFilters();
setUpDragging();
byId("canvas").addEventListener("keydown", onCanvasKey);
document.addEventListener("keydown", onKey);
byId("zoom-in").addEventListener("click", () => zoom(1.25));
byId("zoom-out").addEventListener("click", () => zoom(0.8));
byId("fit").addEventListener("click", fit);
update();

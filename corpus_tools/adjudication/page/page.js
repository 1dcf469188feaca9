"use strict";
// The reviewer's page: the queue, one item, its decision. All state is the server's; nothing is kept but what is shown.

(() => {
  const element = (id) => document.getElementById(id);
  const SHOWN_ITEMS = 200;
  const SILENCE = "The server does not answer. If it was stopped, start it again and open the address that it prints.";
  const { token, tokenHeader } = document.body.dataset;

  let queue = [];
  let edition = 0;  // which queue this is; the server tells what changed since then
  let types = [];
  let item = null;
  let showAll = false;
  let busy = false;
  const skipped = new Set();

  async function ask(path, body) {
    const options = { headers: { [tokenHeader]: token }, cache: "no-store" };
    if (body !== undefined) {
      options.method = "POST";
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify({ known: edition, ...body });
    }
    const response = await fetch(path, options).catch(() => { throw new Error(SILENCE); });
    const answer = await response.json().catch(() => null);
    if (answer === null) throw new Error(response.ok ? SILENCE : `The server failed with status ${response.status}.`);
    if (!response.ok) throw Object.assign(new Error(answer.error || "The server refused."), { status: response.status, answer });
    return answer;
  }

  function make(name, className, ...children) {
    const node = document.createElement(name);
    if (className) node.className = className;
    node.append(...children);
    return node;
  }

  function tell(text) { element("status").textContent = text; }

  function warn(text) {
    element("alert").textContent = text;
    element("alert").hidden = !text;
  }

  // The queue ------------------------------------------------------------------------------------------------------

  function filtered() {
    const text = element("filter-text").value.toLowerCase();
    const outcome = element("filter-outcome").value;
    const kind = element("filter-kind").value;
    const stage = element("filter-stage").value;
    const rows = queue.filter((row) => (!outcome || row.outcome === outcome) && (!kind || row.kind === kind)
      && (!stage || row.stage === stage) && (!text || `${row.doc} ${row.title}`.toLowerCase().includes(text)));
    return rows.filter((row) => !skipped.has(row.id)).concat(rows.filter((row) => skipped.has(row.id)));
  }

  function takeQueue(answer) {
    queue = answer.items || changedQueue(answer);
    edition = answer.edition;
    const kinds = [...new Set(queue.map((row) => row.kind))].sort();
    const chooser = element("filter-kind");
    const chosen = chooser.value;
    chooser.replaceChildren(new Option("all kinds", ""), ...kinds.map((kind) => new Option(kind, kind)));
    chooser.value = kinds.includes(chosen) ? chosen : "";
    showProgress(answer.progress);
  }

  function changedQueue({ gone, changed }) {
    const out = new Set(gone.concat(changed.map(({ row }) => row.id)));
    const rows = queue.filter((row) => !out.has(row.id));
    for (const { at, row } of changed) rows.splice(at, 0, row);
    return rows;
  }

  function showProgress(progress) {
    const total = progress.decided + progress.open + progress.waiting;
    element("progress").value = total ? progress.decided / total : 1;
    const words = [`${progress.decided} of ${total} decided`];
    if (progress.waiting) words.push(`${progress.waiting} waiting`);
    if (progress.rate !== null) words.push(`${progress.rate} a minute`);
    if (progress.stale) words.push(`${progress.stale} stale`);
    if (progress.stages.escalated) words.push(`${progress.stages.escalated} escalated`);
    element("progress-words").textContent = words.join(" · ");
    const shares = (progress.agreement || []).filter((each) => each.decided)
      .map((each) => `${each.name} ${Math.round((100 * each.agreed) / each.decided)} %`);
    element("agreement").textContent = shares.length ? `Agreement: ${shares.join(", ")}` : "";
  }

  function showQueue() {
    const rows = filtered();
    const at = Math.max(0, rows.findIndex((row) => item && row.id === item.id));
    const from = Math.max(0, Math.min(at - SHOWN_ITEMS / 2, rows.length - SHOWN_ITEMS));
    element("queue-count").textContent = `${rows.length} of ${queue.length} items`;
    element("items").replaceChildren(...rows.slice(from, from + SHOWN_ITEMS).map(showRow));
    const current = element("items").querySelector("[aria-current]");
    if (current) current.scrollIntoView({ block: "nearest" });
  }

  function showRow(row) {
    const button = make("button");
    button.type = "button";
    button.dataset.item = row.id;
    const state = [row.outcome === "open" ? row.stage : row.outcome];
    if (skipped.has(row.id)) state.push("skipped");
    button.append(
      make("span", "kind", make("span", "", row.kind), make("span", "", state.filter((each) => each !== "open").join(", "))),
      make("span", "title", window.shownText(row.title)),
      make("span", "doc", window.shownText(row.doc)),
    );
    if (item && row.id === item.id) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => show(row.id));
    return make("li", "", button);
  }

  // One item -------------------------------------------------------------------------------------------------------

  // What was typed belongs to its item: it stays while that is shown again, and goes once the server has it.
  async function show(id) {
    let wanted;
    try {
      wanted = await ask(`/api/items/${encodeURIComponent(id)}`);
    } catch (error) {
      warn(error.message);
      await refresh();
      return;
    }
    const isAnother = !item || item.id !== wanted.id;
    const places = isAnother ? null : scrollers().map((box) => box.scrollTop);
    if (isAnother) forgetTyped();
    item = wanted;
    history.replaceState(null, "", `#${item.id}`);
    showItem();
    if (places) scrollers().forEach((box, index) => { box.scrollTop = places[index] || 0; });
  }

  function forgetTyped() {
    element("note").value = "";
    element("identical").checked = false;
  }

  function showNothing() {
    item = null;
    forgetTyped();
    const left = queue.some((row) => row.outcome === "open");
    element("item-heading").textContent = left ? "No item passes the filters" : "The queue is empty";
    element("item-facts").textContent = left ? "" : "Everything is decided. Write gold with: corpus adjudicate apply";
    for (const id of ["sides", "choices", "history"]) element(id).replaceChildren();
    document.body.dataset.state = left ? "filtered" : "empty";
    enable();
    showQueue();
  }

  function showItem() {
    const facts = [item.explanation];
    if (item.hanging) facts.push(item.hanging === 1 ? "1 relation hangs on it" : `${item.hanging} relations hang on it`);
    if (item.uncertainty) facts.push(`model's uncertainty ${item.uncertainty}`);
    facts.push(item.outcome === "open" ? `stage: ${item.stage}` : item.outcome);
    element("item-heading").textContent = `${item.kind} · ${window.shownText(item.doc)}`;
    element("item-facts").textContent = facts.join(" · ");
    document.body.dataset.state = item.outcome;
    types = [...new Set(item.choices.ends.map((end) => end.type).concat(item.sides.flatMap((side) => side.mentions.map((mention) => mention.label))))];
    types = item.choices.types.concat(types.filter((type) => type && !item.choices.types.includes(type)));
    showSides();
    showChoices();
    showHistory();
    enable();
    showQueue();
    scrollToFocus();
    tell(`${item.kind} in ${item.doc}`);
  }

  const wordsOf = (contents) => (contents.length ? contents.map((content) => window.shownText(content.words)).join("; ") : "nothing here");

  function showSides() {
    const box = element("sides");
    box.replaceChildren();
    const width = Math.max(280, box.clientWidth - 38);  // a side too tall for its share of the view has a scrollbar
    for (const side of item.sides) {
      const caption = make("figcaption", "", make("b", "", side.side), " ", side.name ? `${window.shownText(side.name)}: ` : "", wordsOf(side.contents));
      const description = `Side ${side.side}: ${wordsOf(side.contents)}`;
      const canvas = make("div", "canvas", window.drawSide(side, item.context, { width, types, all: showAll, description }));
      box.append(make("figure", "", caption, canvas));
    }
  }

  function redraw() {
    if (!item) return;
    showSides();
    scrollToFocus();
  }

  const scrollers = () => [...document.querySelectorAll(".canvas, .view, main")];

  // Each side that is tall scrolls to the middle of what is disputed, then all that is in focus is brought into view, what
  // matters most last.
  function scrollToFocus() {
    for (const box of scrollers()) box.scrollTop = 0;
    for (const canvas of document.querySelectorAll(".canvas")) {
      const focus = canvas.querySelector(".focus");
      if (focus) canvas.scrollTop = focus.getBoundingClientRect().top - canvas.getBoundingClientRect().top - canvas.clientHeight / 2;
    }
    for (const node of [...element("sides").querySelectorAll(".focus")].reverse()) node.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The sides move together, and once they are at their end what they stand in.
  function turnPage(step) {
    for (const name of [".canvas", ".view", "main"]) {
      const boxes = [...document.querySelectorAll(name)];
      const before = boxes.map((box) => box.scrollTop);
      for (const box of boxes) box.scrollTop += step * Math.max(40, box.clientHeight - 40);
      if (Math.abs(step) === 1 && boxes.some((box, index) => box.scrollTop !== before[index])) return;
    }
  }

  function choiceButton(key, heading, words, isChosen, act) {
    const button = make("button");
    button.type = "button";
    button.dataset.key = key;
    button.append(make("kbd", "", key), make("span", isChosen ? "chosen" : "", isChosen ? `✓ ${heading}` : heading));
    if (words) button.append(make("span", "words", words));
    button.setAttribute("aria-pressed", String(isChosen));
    button.addEventListener("click", act);
    return button;
  }

  // A, B and C are their own keys; further sides would take those of other actions, and are counted.
  const keyOf = (side, index) => (index < 3 ? side.side.toLowerCase() : String(index + 1));

  function showChoices() {
    const made = item.decision || { choice: "", sides: [] };
    const buttons = item.sides.map((side, index) => choiceButton(keyOf(side, index), `Take ${side.side}`, wordsOf(side.contents),
      made.choice === "take" && made.sides.includes(side.side), () => decide("take", side.side)));
    buttons.push(choiceButton("w", item.sides.length > 2 ? "All" : "Both", "", made.choice === "both", () => decide("both")));
    buttons.push(choiceButton("n", "Neither", "", made.choice === "neither", () => decide("neither")));
    buttons.push(choiceButton("e", "Edit …", made.choice === "edit" ? made.gold.map(window.shownText).join("; ") : "", made.choice === "edit", edit));
    element("choices").replaceChildren(...buttons);
  }

  function showHistory() {
    const lines = item.history.map((row) => `${row.action}, ${row.who}, ${row.time}: ${row.text}`);
    if (item.decision) lines.push(`decided: ${item.decision.choice}, ${item.decision.who}, ${item.decision.time}${item.decision.note ? `: ${item.decision.note}` : ""}`);
    if (item.waits_for.length) lines.push(`It waits for ${item.waits_for.length} undecided: decide those first.`);
    for (const row of item.stale) lines.push(`A decision in this document is stale, since what was annotated changed: ${row.kind}, ${row.choice}, ${row.time}`);
    element("history").replaceChildren(...lines.map((line) => make("p", "", window.shownText(line))));
  }

  function enable() {
    const isOpen = Boolean(item) && item.outcome === "open";
    const canDecide = Boolean(item) && item.outcome !== "waiting" && !(item.staged && isOpen && item.stage === "open");
    for (const button of element("choices").querySelectorAll("button")) button.disabled = !canDecide;
    element("identical").disabled = !isOpen || !item.identical;
    if (element("identical").disabled) element("identical").checked = false;
    element("identical-count").textContent = item ? item.identical : 0;
    element("discuss").disabled = !isOpen || item.stage !== "open";
    element("escalate").disabled = !isOpen || item.stage !== "discussed";
    for (const id of ["skip", "note-save", "note"]) element(id).disabled = !item;
  }

  // What the reviewer does -----------------------------------------------------------------------------------------

  function nextOf(id, step) {
    const rows = filtered();
    const at = rows.findIndex((row) => row.id === id);
    return rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + step))];
  }

  // Do one thing at a time: a second key press while the first is on its way is not a second decision.
  async function act(path, body, words) {
    if (busy) return;
    busy = true;
    document.body.dataset.busy = "true";
    const following = item ? nextOf(item.id, 1) : null;
    try {
      const answer = await ask(path, body);
      warn("");
      if (body.note !== undefined) forgetTyped();
      takeQueue(answer);
      if (element("editor").open) element("editor").close();
      tell(words);
      await goOn(path === "/api/decide" ? following : item, answer);
    } catch (error) {
      await explain(error);
    } finally {
      busy = false;
      delete document.body.dataset.busy;
    }
  }

  async function goOn(wanted, answer) {
    const rows = filtered();
    const undone = answer.undone && rows.find((row) => answer.undone.includes(row.id));
    const target = undone || rows.find((row) => wanted && row.id === wanted.id && !(answer.decided || []).includes(row.id)) || rows[0];
    if (target) await show(target.id);
    else showNothing();
  }

  async function explain(error) {
    if (error.status === 409) {
      const { current, yours } = error.answer;
      const theirs = current ? `${current.choice}${current.sides.length ? ` ${current.sides.join(", ")}` : ""} (${current.who}, ${current.time})` : "no decision";
      if (element("editor").open) element("editor").close();
      const lost = await refresh();
      warn(`${error.message}\nIt stands at: ${theirs}. Yours was: ${yours.choice || "nothing"} ${yours.side || ""}. Nothing of yours was logged; look again.${lost}`);
    } else if (element("editor").open) element("editor-problem").textContent = error.message;
    else warn(error.message);
  }

  function decide(choice, side, contents) {
    if (!item) return;
    const body = { item: item.id, seen: item.seen, choice, note: element("note").value, identical: element("identical").checked };
    if (side) body.side = side;
    if (contents) body.contents = contents;
    act("/api/decide", body, `Decided: ${choice} ${side || ""}`);
  }

  function edit() {
    if (element("identical").checked) warn("An edited decision is about one place: switch identical conflicts off first.");
    else window.openEditor(item, (contents) => decide("edit", null, contents));
  }

  function stage(name) {
    if (!element("note").value.trim()) {
      element("note").focus();
      warn(`Write the reason into the note, leave it with Esc, then press ${name === "discussed" ? "d" : "g"} again.`);
      return;
    }
    act("/api/stage", { item: item.id, seen: item.seen, stage: name, note: element("note").value }, `Put to ${name}`);
  }

  function saveNote() {
    if (item && element("note").value.trim()) {
      act("/api/note", { item: item.id, seen: item.seen, note: element("note").value }, "Note saved");
      element("note").blur();
    }
  }

  function undo() {
    act("/api/undo", {}, "Taken back");
  }

  function skip() {
    if (!item) return;
    const following = nextOf(item.id, 1);
    skipped.add(item.id);
    show(following && following.id !== item.id ? following.id : filtered()[0].id);
  }

  function move(step) {
    const row = nextOf(item ? item.id : "", step);
    if (row) show(row.id);
  }

  // Show the queue and the item anew; return a note whose item is gone, as words for the reviewer.
  async function refresh() {
    try {
      takeQueue(await ask("/api/queue"));
    } catch (error) {
      warn(error.message);
      return "";
    }
    const before = item && item.id;
    const wanted = before || location.hash.slice(1);
    const typed = element("note").value;
    const rows = filtered();
    const target = queue.find((row) => row.id === wanted) || rows[0];
    if (target) await show(target.id);
    else showNothing();
    const lost = before && typed && !(item && item.id === before) ? `\nThe item is gone. Your note was: ${window.shownText(typed)}` : "";
    if (lost) warn(lost.trim());
    return lost;
  }

  const KEYS = {
    s: skip, u: undo,
    i: () => { if (!element("identical").disabled) element("identical").checked = !element("identical").checked; },
    m: () => element("note").focus(), d: () => !element("discuss").disabled && stage("discussed"),
    g: () => !element("escalate").disabled && stage("escalated"), j: () => move(1), k: () => move(-1),
    ArrowDown: () => move(1), ArrowUp: () => move(-1),
    x: () => { showAll = !showAll; redraw(); },
    "/": () => { element("filter-text").focus(); element("filter-text").select(); }, "?": () => element("help").showModal(),
  };

  const PAGING = { PageDown: 1, " ": 1, PageUp: -1, End: 1e6, Home: -1e6 };

  function onKey(event) {
    if (document.querySelector("dialog[open]") || event.altKey || event.metaKey) return;
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      if (event.key === "Enter" && event.ctrlKey && event.target.id === "note") saveNote();
      return;
    }
    if (event.ctrlKey) return;
    if (Object.hasOwn(PAGING, event.key)) {
      const own = event.target.closest(".items, .decision");
      const isOthers = (own && own.scrollHeight > own.clientHeight) || (event.key === " " && /^(BUTTON|INPUT)$/.test(event.target.tagName));
      if (isOthers) return;
      event.preventDefault();
      turnPage(event.key === " " && event.shiftKey ? -1 : PAGING[event.key]);
      return;
    }
    const choice = [...element("choices").querySelectorAll("button")].find((button) => button.dataset.key === event.key);
    if (choice) {
      event.preventDefault();
      choice.click();
    } else if (Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      KEYS[event.key]();
    }
  }

  document.addEventListener("keydown", onKey);
  document.addEventListener("DOMContentLoaded", () => {
    element("undo").addEventListener("click", undo);
    element("skip").addEventListener("click", skip);
    element("note-save").addEventListener("click", saveNote);
    element("discuss").addEventListener("click", () => stage("discussed"));
    element("escalate").addEventListener("click", () => stage("escalated"));
    element("help-open").addEventListener("click", () => element("help").showModal());
    element("help-close").addEventListener("click", () => element("help").close());
    element("filters").addEventListener("submit", (event) => event.preventDefault());
    element("filters").addEventListener("input", () => { if (filtered().length && !(item && filtered().some((row) => row.id === item.id))) show(filtered()[0].id); else showQueue(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden && !busy && !document.querySelector("dialog[open]")) refresh(); });
    let width = 0;
    new ResizeObserver(() => {
      if (item && element("sides").clientWidth !== width) { width = element("sides").clientWidth; redraw(); }
    }).observe(element("sides"));
    refresh();
  });
})();

"use strict";
// The editor of a decision of the reviewer's own: fields for the item's layer, and the annotation that they add up to.

(() => {
  const element = (id) => document.getElementById(id);

  function field(label, control) {
    const wrapper = document.createElement("label");
    wrapper.append(label, control);
    return wrapper;
  }

  function select(id, options, chosen) {
    const control = document.createElement("select");
    control.id = id;
    for (const { value, words } of options) control.append(new Option(words, value, false, value === chosen));
    return control;
  }

  function textInput(id, value) {
    const control = document.createElement("input");
    control.id = id;
    control.value = value || "";
    control.maxLength = 4000;
    control.autocomplete = "off";
    return control;
  }

  const named = (names) => names.map((name) => ({ value: name, words: name }));
  const ends = (item) => item.choices.ends.map((end) => ({ value: end.key, words: end.words }));

  // A textarea counts UTF-16 units and turns CRLF into one: each odd character is shown as one sign, then counted back.
  function textField(item, prefilled) {
    const area = document.createElement("textarea");
    const points = Array.from(item.context.text);
    area.id = "editor-text";
    area.rows = 6;
    area.dir = "auto";
    area.spellcheck = false;
    area.value = points.map((point) => (point === "\n" ? "\n" : window.shownText(point))).join("");
    area.addEventListener("beforeinput", (event) => event.preventDefault());
    area.addEventListener("drop", (event) => event.preventDefault());
    const toUnits = (offset) => points.slice(0, offset).map((point) => (point === "\n" ? "\n" : window.shownText(point))).join("").length;
    area.select_ = ([start, end]) => area.setSelectionRange(toUnits(start - item.context.start), toUnits(end - item.context.start));
    area.selected = () => {
      const before = Array.from(area.value.slice(0, area.selectionStart)).length;
      const inside = Array.from(area.value.slice(area.selectionStart, area.selectionEnd)).length;
      return inside ? [item.context.start + before, item.context.start + before + inside] : null;
    };
    area.prefill = () => { if (prefilled.length) area.select_(prefilled[0]); };
    return area;
  }

  function mentionFields(item, record, box) {
    const fragments = (record.fragments || []).slice();
    const area = textField(item, fragments);
    const kept = fragments.slice(1);
    const list = document.createElement("p");
    list.className = "quiet";
    const points = Array.from(item.context.text);
    const tell = () => {
      const words = kept.map(([start, end]) => `“${points.slice(start - item.context.start, end - item.context.start).join("")}”`);
      list.textContent = words.length ? `Further fragments: ${words.join(", ")}` : "One fragment: the selection.";
    };
    const add = document.createElement("button");
    add.type = "button";
    add.id = "editor-fragment";
    add.append("Keep the selection as a fragment and select another ");
    const drop = document.createElement("button");
    drop.type = "button";
    drop.textContent = "Forget further fragments";
    add.addEventListener("click", () => {
      const span = area.selected();
      if (span) kept.push(span);
      area.setSelectionRange(area.selectionEnd, area.selectionEnd);
      tell();
      area.focus();
    });
    drop.addEventListener("click", () => { kept.length = 0; tell(); area.focus(); });
    const buttons = document.createElement("p");
    buttons.className = "actions";
    buttons.append(add, drop);
    box.append(field("Select the text", area), buttons, list, field("Type", select("editor-label", named(item.choices.labels), record.label)));
    tell();
    return () => {
      const span = area.selected();
      const spans = kept.concat(span ? [span] : []).sort((one, other) => one[0] - other[0]);
      const distinct = spans.filter((each, index) => index === 0 || each[0] >= spans[index - 1][1]);
      if (!distinct.length) throw new Error("Select the text of the mention first.");
      return { layer: "mention", label: element("editor-label").value, fragments: distinct };
    };
  }

  function relationFields(item, record, box) {
    const roles = (record.arguments || [["Arg1", ""], ["Arg2", ""]]).slice();
    const controls = roles.map(([role, key], index) => select(`editor-end-${index + 1}`, ends(item), key));
    box.append(field("Label", select("editor-label", named(item.choices.labels), record.label)));
    controls.forEach((control, index) => box.append(field(`${roles[index][0] || `Member ${index + 1}`}`, control)));
    if (controls.length === 2) {
      const turn = document.createElement("button");
      turn.type = "button";
      turn.id = "editor-turn";
      turn.textContent = "Turn the direction";
      turn.addEventListener("click", () => {
        [controls[0].value, controls[1].value] = [controls[1].value, controls[0].value];
      });
      box.append(turn);
    }
    return () => {
      if (new Set(controls.map((control) => control.value)).size < controls.length) throw new Error("Choose two different ends.");
      return { layer: item.layer, label: element("editor-label").value, arguments: roles.map(([role], index) => [role, controls[index].value]) };
    };
  }

  function attributeFields(item, record, box) {
    const options = item.choices.values.length ? named(item.choices.values) : [{ value: "", words: "(set)" }];
    box.append(field(record.label, select("editor-value", options, record.value || "")));
    return () => {
      const value = element("editor-value").value;
      const content = { layer: "attribute", label: record.label, arguments: record.arguments };
      return value ? { ...content, value } : content;
    };
  }

  function textFields(item, record, box) {
    const rows = item.layer === "normalization" ? [["value", "Type and identifier"], ["text", "Name"]] : [["text", "Text"]];
    for (const [name, words] of rows) box.append(field(words, textInput(`editor-${name}`, record[name])));
    return () => {
      const content = { layer: item.layer, label: record.label, arguments: record.arguments };
      for (const [name] of rows) if (element(`editor-${name}`).value) content[name] = element(`editor-${name}`).value;
      return content;
    };
  }

  function eventFields(item, record, box) {
    box.append(field("Type", select("editor-label", named(item.choices.labels), record.label)));
    const fillers = (record.arguments || []).map(([role, key], index) => select(`editor-end-${index + 1}`, ends(item), key));
    fillers.forEach((control, index) => box.append(field(record.arguments[index][0], control)));
    return () => ({ layer: item.layer, label: element("editor-label").value, arguments: record.arguments.map(([role], index) => [role, fillers[index].value]) });
  }

  const FIELDS = { mention: mentionFields, relation: relationFields, attribute: attributeFields, normalization: textFields, note: textFields, event: eventFields, argument: eventFields, equivalence: relationFields };

  let read = null;
  let done = null;

  // Open the editor on an item; `finish` gets the annotations that the reviewer made.
  function openEditor(item, finish) {
    const record = (item.decision && item.decision.records && item.decision.records[0])
      || item.sides.flatMap((side) => side.contents).map((content) => content.record)[0];
    if (!record || !FIELDS[item.layer]) return;
    const box = element("editor-fields");
    box.replaceChildren();
    element("editor-heading").textContent = `Edit: ${item.kind}`;
    element("editor-problem").textContent = "";
    read = FIELDS[item.layer](item, record, box);
    done = finish;
    element("editor").showModal();
    const first = box.querySelector("textarea, select, input");
    first.focus();
    if (first.prefill) first.prefill();
  }

  function save() {
    try {
      done([read()]);
    } catch (error) {
      element("editor-problem").textContent = error.message;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    element("editor-save").addEventListener("click", save);
    element("editor-form").addEventListener("submit", (event) => { event.preventDefault(); save(); });
    element("editor-cancel").addEventListener("click", () => element("editor").close());
    element("editor").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
      if (event.key === "f" && event.altKey) { event.preventDefault(); const add = element("editor-fragment"); if (add) add.click(); }
      event.stopPropagation();
    });
  });

  window.openEditor = openEditor;
})();

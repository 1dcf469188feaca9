"use strict";
// One side of an item as SVG: words in rows, mentions as brackets with their types, relations as arcs above them.
// Offsets count code points, so a text is handled as an array of them. Nothing is ever set as HTML.

const SVG = "http://www.w3.org/2000/svg";
const TEXT_SIZE = 15;
const TAG_SIZE = 11.5;
const ROW_GAP = 14;
const TAG_HEIGHT = 17;
const ARC_HEIGHT = 19;
const MARGIN = 6;
const TYPE_CLASSES = 8;
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const OPENING = /^[\p{Ps}\p{Pi}]+$/u;
const CLOSING = /^[\p{P}\p{Lm}\p{M}]+$/u;
const FROM_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const WORDS = new Intl.Segmenter("en", { granularity: "word" });
const LETTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

const measure = (() => {
  const context = document.createElement("canvas").getContext("2d");
  return (text, size, weight = "normal") => {
    context.font = `${weight} ${size}px system-ui, "Segoe UI", "DejaVu Sans", sans-serif`;
    return context.measureText(text).width;
  };
})();

function make(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes || {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Characters that steer a line or hide in it are shown as signs, one for one, so that offsets stay.
function shown(points) {
  return points.map((point) => {
    const code = point.codePointAt(0);
    if (code < 0x20 || code === 0x7f) return String.fromCodePoint(code === 0x7f ? 0x2421 : 0x2400 + code);
    const hidden = (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e)
      || (code >= 0x2060 && code <= 0x2069) || (code >= 0x80 && code < 0xa0) || code === 0xfeff || code === 0x61c;
    return hidden ? "\u2423" : point;
  }).join("");
}

function splitWords(points) {
  const words = [];
  let start = null;
  let breaks = 0;
  let line = 0;
  for (let i = 0; i <= points.length; i += 1) {
    const isSpace = i === points.length || /^[ \t\r\n]$/.test(points[i]);
    if (!isSpace && start === null) start = i;
    if (isSpace && start !== null) {
      line += breaks;
      words.push({ start, end: i, breaks, line });
      start = null;
      breaks = 0;
    }
    if (isSpace && points[i] === "\n") breaks += 1;
  }
  return words;
}

// Where a line may end within a word: between the words of scripts that set no blanks, signs kept with the word that they
// belong to, and between any two letters of what is wider than a line.
function splitUnits(text, room) {
  const segments = UNSPACED.test(text) ? Array.from(WORDS.segment(text), ({ segment }) => segment) : [text];
  const units = [];
  segments.forEach((segment, index) => {
    const isHeld = index > 0 && (OPENING.test(segments[index - 1]) || (CLOSING.test(segment) && !OPENING.test(segment)));
    if (isHeld) units[units.length - 1] += segment;
    else units.push(segment);
  });
  return units.flatMap((unit) => (measure(unit, TEXT_SIZE) > room ? Array.from(LETTERS.segment(unit), ({ segment }) => segment) : [unit]));
}

// Which lines are written from right to left: those with more letters so than otherwise. The first letter alone would turn
// a line that begins with the name of a drug.
function findDirections(text) {
  const count = (line) => {
    const letters = line.match(/\p{L}/gu) || [];
    const right = letters.filter((letter) => FROM_RIGHT.test(letter)).length;
    return right - (letters.length - right);
  };
  const whole = count(text);
  return text.split("\n").map((line) => (count(line) || whole) > 0);
}

function layWords(points, width) {
  const space = measure(" ", TEXT_SIZE);
  const edge = width - MARGIN;
  const directions = findDirections(points.join(""));
  const rows = [];
  for (const word of splitWords(points)) {
    const isFromRight = directions[word.line];
    let piece = null;
    for (const unit of splitUnits(shown(points.slice(word.start, word.end)), edge - MARGIN)) {
      const length = Array.from(unit).length;
      const row = rows[rows.length - 1];
      const longer = piece ? measure(piece.text + unit, TEXT_SIZE) : 0;
      if (piece && piece.x + longer <= edge) {
        Object.assign(piece, { end: piece.end + length, text: piece.text + unit, width: longer });
        row.right = piece.x + longer;
      } else {
        const start = piece ? piece.end : word.start;
        const breaks = piece !== null || !row || word.breaks > 0;
        piece = layPiece(rows, { start, end: start + length, text: unit, width: measure(unit, TEXT_SIZE) }, { breaks, space, edge, isFromRight });
      }
    }
  }
  return rows;
}

function layPiece(rows, piece, { breaks, space, edge, isFromRight }) {
  if (breaks || rows[rows.length - 1].right + space + piece.width > edge) {
    rows.push({ words: [], right: MARGIN - space, tags: [], arcs: [], isFromRight });
  }
  const row = rows[rows.length - 1];
  piece.x = row.right + space;
  row.right = piece.x + piece.width;
  row.words.push(piece);
  return piece;
}

// The order of letters in a row with any from right to left is the browser's matter: such a row is one text, and asked where
// each letter stands. What is returned has to be in the document while it is asked.
function setBidirectional(rows, width) {
  const probe = make("svg", { class: "visually-hidden" });
  for (const row of rows) {
    const text = row.words.map((word) => word.text).join(" ");
    if (!row.isFromRight && !FROM_RIGHT.test(text)) continue;
    let at = 0;
    for (const word of row.words) {
      word.at = at;
      at += word.text.length + 1;
    }
    row.set = make("text", { x: row.isFromRight ? width - MARGIN : MARGIN, direction: row.isFromRight ? "rtl" : "ltr" }, text);
    probe.append(row.set);
  }
  return probe;
}

// Where the characters of a span stand: one piece for each row that it touches, or for each run of letters side by side.
function findPieces(rows, points, start, end) {
  const pieces = [];
  rows.forEach((row, index) => {
    const touched = row.words.filter((word) => word.start < end && start < word.end);
    if (!touched.length) return;
    const first = touched[0];
    const last = touched[touched.length - 1];
    const before = (word, offset) => shown(points.slice(word.start, offset));
    if (row.set) {
      const from = first.at + before(first, Math.max(start, first.start)).length;
      const to = last.at + before(last, Math.min(end, last.end)).length;
      pieces.push(...findRuns(row.set, from, to).map((run) => ({ row: index, ...run })));
      return;
    }
    const edge = (word, offset) => word.x + measure(before(word, offset), TEXT_SIZE);
    pieces.push({
      row: index,
      left: start > first.start ? edge(first, start) : first.x,
      right: end < last.end ? edge(last, end) : last.x + last.width,
    });
  });
  return pieces;
}

// Letters that follow each other need not stand side by side where directions mix; runs come in the order of reading.
function findRuns(node, from, to) {
  const boxes = [];
  for (let at = from; at < to; at += 1) {
    if (/[\udc00-\udfff]/.test(node.textContent[at])) continue;
    const { x, width } = node.getExtentOfChar(at);
    boxes.push({ at, left: x, right: x + width });
  }
  boxes.sort((one, other) => one.left - other.left);
  const runs = [];
  for (const { at, left, right } of boxes) {
    const run = runs[runs.length - 1];
    if (run && left <= run.right + 1) Object.assign(run, { at: Math.min(run.at, at), right: Math.max(run.right, right) });
    else runs.push({ at, left, right });
  }
  return runs.sort((one, other) => one.at - other.at).map(({ left, right }) => ({ left, right }));
}

function lowestFree(taken, left, right) {
  for (let level = 0; ; level += 1) {
    if (!taken.some((each) => each.level === level && each.left < right + 3 && left < each.right + 3)) return level;
  }
}

// Where a box with a middle of its own begins, so that neither edge of the picture cuts it.
function keepInside(middle, boxWidth, width) {
  return Math.max(1, Math.min(middle - boxWidth / 2, width - boxWidth - 1));
}

function placeTags(rows, mentions, width) {
  const pieces = mentions.flatMap((mention) => mention.pieces);
  pieces.sort((one, other) => (one.right - one.left) - (other.right - other.left) || one.left - other.left);
  for (const piece of pieces) {
    piece.tagWidth = piece.label ? measure(piece.label, TAG_SIZE, piece.weight) + 8 : 0;
    const needed = piece.tagWidth ? piece.tagWidth + 2 : 0;
    const middle = (piece.left + piece.right) / 2;
    const start = keepInside(middle, needed, width);
    piece.tagMiddle = start + needed / 2;
    const taken = { left: Math.min(piece.left, start), right: Math.max(piece.right, start + needed) };
    piece.level = lowestFree(rows[piece.row].tags, taken.left, taken.right);
    rows[piece.row].tags.push({ level: piece.level, ...taken });
  }
}

function placeArcs(rows, arcs, byId, width) {
  const spans = [];
  for (const arc of arcs) {
    const from = byId.get(arc.source).pieces[0];
    const to = byId.get(arc.target).pieces[0];
    if (!from || !to) continue;
    arc.from = from;
    arc.to = to;
    if (from.row === to.row) {
      spans.push({ arc, row: from.row, left: Math.min(from.tagMiddle, to.tagMiddle), right: Math.max(from.tagMiddle, to.tagMiddle), ends: "both" });
    } else {
      const down = from.row < to.row;
      const leaves = down !== rows[from.row].isFromRight;  // towards the right edge
      const arrives = down !== rows[to.row].isFromRight;  // from the left edge
      spans.push({ arc, row: from.row, left: leaves ? from.tagMiddle : 0, right: leaves ? width : from.tagMiddle, ends: "source" });
      spans.push({ arc, row: to.row, left: arrives ? 0 : to.tagMiddle, right: arrives ? to.tagMiddle : width, ends: "target" });
    }
  }
  spans.sort((one, other) => (one.right - one.left) - (other.right - other.left));
  for (const span of spans) {
    span.words = span.ends === "both" ? span.arc.label : span.ends === "source" ? `${span.arc.label} …` : `… ${span.arc.label}`;
    span.labelWidth = measure(span.words, TAG_SIZE, span.arc.focus ? "bold" : "normal") + 8;
    span.labelLeft = keepInside((span.left + span.right) / 2, span.labelWidth, width);
    const taken = {
      left: Math.min(span.left, span.labelLeft - 5),
      right: Math.max(span.right, span.labelLeft + span.labelWidth + 5),
    };
    span.level = lowestFree(rows[span.row].arcs, taken.left, taken.right);
    rows[span.row].arcs.push({ level: span.level, ...taken });
  }
  return spans;
}

function stackRows(rows) {
  let y = 4;
  for (const row of rows) {
    const tags = 1 + Math.max(-1, ...row.tags.map((tag) => tag.level));
    const arcs = 1 + Math.max(-1, ...row.arcs.map((arc) => arc.level));
    row.arcBase = y + arcs * ARC_HEIGHT + 4;
    row.tagBase = row.arcBase + tags * TAG_HEIGHT;
    row.baseline = row.tagBase + TEXT_SIZE + 4;
    y = row.baseline + ROW_GAP;
  }
  return y;
}

function drawMention(mention, rows) {
  const group = make("g", { class: `mention ${mention.className}${mention.focus ? " focus" : ""}` });
  for (const piece of mention.pieces) {
    const row = rows[piece.row];
    const box = { x: piece.left - 1.5, y: row.baseline - TEXT_SIZE, width: piece.right - piece.left + 3, height: TEXT_SIZE + 5, rx: 3 };
    group.append(make("rect", { ...box, class: "ground" }));
    if (mention.focus) group.append(make("rect", { ...box, class: "outline" }));
  }
  return group;
}

function drawTags(mention, rows) {
  const group = make("g", { class: `${mention.className}${mention.focus ? " focus" : ""}` });
  for (const piece of mention.pieces) {
    const y = rows[piece.row].tagBase - piece.level * TAG_HEIGHT;
    group.append(make("path", { class: "bracket", d: `M${piece.left} ${y + 1} v-3 H${piece.right} v3` }));
    if (!piece.label) continue;
    const width = piece.tagWidth;
    const tag = make("g", { class: "tag" });
    tag.append(make("rect", { x: piece.tagMiddle - width / 2, y: y - TAG_HEIGHT + 1, width, height: 14, rx: 3 }));
    tag.append(make("text", { x: piece.tagMiddle, y: y - 5, "text-anchor": "middle" }, piece.label));
    group.append(tag);
  }
  return group;
}

function tagTop(piece, rows) {
  return rows[piece.row].tagBase - piece.level * TAG_HEIGHT - TAG_HEIGHT;
}

function drawArc(span, rows) {
  const { arc } = span;
  const y = rows[span.row].arcBase - span.level * ARC_HEIGHT - 8;
  const group = make("g", { class: `arc${arc.focus ? " focus" : ""}` });
  const foot = (piece) => `${piece.tagMiddle} ${tagTop(piece, rows)}`;
  let path = "";
  if (span.ends === "both") path = `M${foot(arc.from)} V${y} H${arc.to.tagMiddle} V${tagTop(arc.to, rows)}`;
  else if (span.ends === "source") path = `M${foot(arc.from)} V${y} H${arc.from.tagMiddle === span.left ? span.right : span.left}`;
  else path = `M${arc.to.tagMiddle === span.left ? span.right : span.left} ${y} H${arc.to.tagMiddle} V${tagTop(arc.to, rows)}`;
  group.append(make("path", { d: path }));
  if (span.ends !== "source" && arc.directed) {
    const x = arc.to.tagMiddle;
    const tip = tagTop(arc.to, rows) + 1;
    group.append(make("path", { class: "head", d: `M${x} ${tip} l-4 -7 h8 z` }));
  }
  return group;
}

// Half of an arc that leads to another row says so with an ellipsis, so that no half is read as a whole.
function drawLabel(span, rows) {
  const y = rows[span.row].arcBase - span.level * ARC_HEIGHT - 8;
  const group = make("g", { class: `arc${span.arc.focus ? " focus" : ""}` });
  group.append(make("rect", { x: span.labelLeft, y: y - 7, width: span.labelWidth, height: 14 }));
  const middle = span.labelLeft + span.labelWidth / 2;
  group.append(make("text", { x: middle, y: y + 4, "text-anchor": "middle" }, span.words));
  return group;
}

function classOfType(label, types) {
  const index = types.indexOf(label);
  return `t${(index < 0 ? TYPE_CLASSES - 1 : index) % TYPE_CLASSES}`;
}

// Draw a side into a box of some width; `types` gives each type its class, `all` shows arcs that are not in focus.
function drawSide(side, context, { width, types, all, description }) {
  const points = Array.from(context.text);
  const rows = layWords(points, width);
  const probe = setBidirectional(rows, width);
  document.body.append(probe);
  const mentions = side.mentions.map((mention) => {
    const pieces = mention.fragments.flatMap(([start, end]) => findPieces(rows, points, start - context.start, end - context.start));
    const words = [mention.focus ? "▸ " : "", mention.label, ...mention.marks.map((mark) => ` · ${mark}`)].join("");
    pieces.forEach((piece, index) => {
      piece.label = index === 0 ? words : "…";
      piece.weight = mention.focus ? "bold" : "normal";
    });
    return { ...mention, pieces, className: classOfType(mention.label, types) };
  }).filter((mention) => mention.pieces.length);
  probe.remove();
  const byId = new Map(mentions.map((mention) => [mention.id, mention]));
  const focused = new Set(mentions.filter((mention) => mention.focus).map((mention) => mention.id));
  const arcs = side.arcs.filter((arc) => byId.has(arc.source) && byId.has(arc.target)
    && (all || arc.focus || focused.has(arc.source) || focused.has(arc.target)));
  placeTags(rows, mentions, width);
  const spans = placeArcs(rows, arcs.map((arc) => ({ ...arc })), byId, width);
  const height = stackRows(rows);
  const svg = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": description });
  for (const mention of mentions) svg.append(drawMention(mention, rows));
  for (const row of rows) {
    if (row.set) {
      row.set.setAttribute("y", row.baseline);
      svg.append(row.set);
    } else for (const word of row.words) svg.append(make("text", { x: word.x, y: row.baseline }, word.text));
  }
  spans.sort((one, other) => Number(one.arc.focus) - Number(other.arc.focus));
  for (const span of spans) svg.append(drawArc(span, rows));
  for (const span of spans) svg.append(drawLabel(span, rows));
  for (const mention of mentions) svg.append(drawTags(mention, rows));
  return svg;
}

window.drawSide = drawSide;
window.shownText = (text) => shown(Array.from(text));

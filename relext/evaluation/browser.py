"""The error browser of the report: mistakes with the attention of their pair, filtered by kind and label.

In: `Mistake`s. Out: escaped HTML that filters without a script, since the page's policy allows none: a rule hides what
a checked button does not stand for. Words are shown only where asked for; else each is a blank cell with its offsets.
"""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from corpus_tools.rendering import escape_terminal, format_cell, join_html, paragraph
from corpus_tools.sentences import Mention
from relext.evaluation.mistakes import Mistake
from relext.evaluation.record import VERDICT_NAMES
from relext.explanation import PairExplanation, ReadWord

SHADES = 9  # the page's classes h0 to h9
LABELS_SHOWN = 3  # marginals named below a mistake

STYLE = Markup("""<style>
.browser fieldset { border: 1px solid var(--line); border-radius: 4px; margin: .5rem 0; padding: .25rem .75rem; }
.browser label { margin-right: 1rem; white-space: nowrap; }
.mistake { border-top: 1px solid var(--line); padding: .6rem 0; }
.mistake p { margin: .15rem 0; max-width: none; }
.mistake .said { color: var(--quiet); font-size: .85rem; }
.words { line-height: 1.9; }
.words span { padding: .1rem .15rem; border-radius: 3px; }
.words .blank { display: inline-block; min-width: .9rem; min-height: 1rem; border: 1px solid var(--line); }
.words .first { box-shadow: inset 0 -3px 0 #d55e00; } .words .second { box-shadow: inset 0 -3px 0 #009e73; }
.words .first.second { box-shadow: inset 0 -3px 0 #cc79a7; }
{}</style>""")
_HIDE = Markup(".browser:has(#{0}:checked) .mistake:not(.{0}) {{ display: none; }}\n")
_LEAD = (
    "The surest mistakes first: invented relations that the model found most probable, missed ones that it found least "
    "probable. Shaded: how much the pair read of each word, the least read one lightest, the most read one darkest; "
    "underlined: its first mention (orange) and its second (green)."
)


def browse_mistakes(mistakes: Sequence[Mistake], *, show_text: bool) -> Markup:
    """Return the browser: a choice of kind and label above the mistakes."""
    if not mistakes:
        return paragraph("There are none.")
    labels = sorted({mistake.outcome.label for mistake in mistakes})
    kinds = [(verdict, VERDICT_NAMES[verdict]) for verdict in ("fp", "fn")]
    choices = [_choice("kind", "Kind", kinds), _choice("label", "Label", [(f"l{n}", x) for n, x in enumerate(labels)])]
    names = [name for name, _ in kinds] + [f"l{n}" for n in range(len(labels))]
    rules = Markup("").join(_HIDE.format(name) for name in names)
    hint = "" if show_text else " --show-text fills in the words; a cell's offsets show when it is pointed at."
    shown = [_mistake_html(each, labels.index(each.outcome.label), show_text=show_text) for each in mistakes]
    return join_html(
        [
            STYLE.replace(Markup("{}"), rules),
            paragraph(_LEAD + hint),
            Markup("<div class=browser>{}{}</div>").format(join_html(choices), join_html(shown)),
        ]
    )


def _choice(name: str, legend: str, values: Iterable[tuple[str, str]]) -> Markup:
    """Return one button for all and one a value; the id of a button is the class of what it shows."""
    button = Markup("<label><input type=radio name={} id={}{}> {}</label>")
    buttons = [button.format(name, f"{name}-all", Markup(" checked"), "all")]
    buttons += [button.format(name, value, Markup(""), escape_terminal(text)) for value, text in values]
    return Markup("<fieldset><legend>{}</legend>{}</fieldset>").format(legend, Markup("").join(buttons))


def _mistake_html(mistake: Mistake, label: int, *, show_text: bool) -> Markup:
    outcome = mistake.outcome
    head = Markup("<p><strong>{} {}</strong> {} in {}: {} → {}</p>").format(
        VERDICT_NAMES[outcome.verdict],
        escape_terminal(outcome.label),
        format_cell(mistake.probability),
        escape_terminal(outcome.doc_id),
        escape_terminal(describe_mention(mistake.arg1, outcome.arg1, show_text=show_text)),
        escape_terminal(describe_mention(mistake.arg2, outcome.arg2, show_text=show_text)),
    )
    if mistake.explanation is None:
        body = paragraph(f"No candidate pair can state it: {outcome.reach or 'unknown'}.")
    else:
        words = mistake.words if show_text else ()
        body = join_html([words_html(mistake, mistake.explanation, words), _said_html(mistake.explanation)])
    return Markup('<article class="mistake {} l{}">{}</article>').format(
        outcome.verdict, label, join_html([head, body])
    )


def describe_mention(mention: Mention | None, mention_id: str, *, show_text: bool) -> str:
    """Return a mention's id, type and source offsets, and its words where asked for."""
    if mention is None:
        return mention_id
    place = ";".join(f"{span.start}-{span.end}" for span in mention.source_fragments)
    return f"{mention_id} {mention.type} {place}" + (f" “{mention.text}”" if show_text else "")


def words_html(mistake: Mistake, explanation: PairExplanation, words: Sequence[str]) -> Markup:
    """Return the words of the pair's sentences shaded by what was read of them; blank cells where `words` is empty."""
    arguments = {explanation.first: mistake.arg1, explanation.second: mistake.arg2}
    if mistake.outcome.arg1 == explanation.second:
        arguments = {explanation.first: mistake.arg2, explanation.second: mistake.arg1}
    shades = _shade([word.weight for word in explanation.words])
    cells = []
    for n, word in enumerate(explanation.words):
        classes = [f"h{shades[n]}", *([] if words else ["blank"])]
        owners = zip(("first", "second"), arguments.values(), strict=True)
        classes += [name for name, mention in owners if _is_inside(word, mention)]
        title = f"{word.span.start}-{word.span.end}: {word.weight:.3f}"
        shown = escape_terminal(words[n]) if words else ""
        cells.append(Markup('<span class="{}" title="{}">{}</span>').format(" ".join(classes), title, shown))
    return Markup('<p class="words heat">{}</p>').format(Markup(" ").join(cells))


def _shade(weights: Sequence[float]) -> list[int]:
    """Return the shade of each weight between the least and the greatest of them."""
    least, span = min(weights, default=0.0), max(weights, default=0.0) - min(weights, default=0.0)
    return [round((weight - least) / span * SHADES) if span > 0 else 0 for weight in weights]


def _is_inside(word: ReadWord, mention: Mention | None) -> bool:
    spans = mention.source_fragments if mention else ()
    return any(word.span.start < span.end and span.start < word.span.end for span in spans)


def _said_html(explanation: PairExplanation) -> Markup:
    """Return what the model said of the pair: its label, what it would be alone, and the likeliest labels."""
    likeliest = sorted(explanation.marginals.items(), key=lambda item: -item[1])[:LABELS_SHOWN]
    shares = " · ".join(f"{label} {share:.3f}" for label, share in likeliest)
    step = explanation.path[explanation.place]
    said = f"Said: {explanation.label}; alone: {explanation.alone}; link: {step.link}. Probabilities: {shares}"
    return Markup("<p class=said>{}</p>").format(escape_terminal(said))

"""What a mention is called in the map: a concept of a terminology, or else its lemma and type.

In: a `Document` and its textbounds. Out: `Naming`s; those with one key are one node.

Examples
--------
>>> lemma_of("Chest  pains")
'chest pain'
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from corpus_tools.sentences import lemmatize_word, tokenize_words
from corpus_tools.standoff import Document, Normalization, TextBound

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Naming:
    """Hold the name of one mention.

    Attributes
    ----------
    key : tuple of str
        ("concept", id) or ("lemma", type, lemma).
    form : str
        The mention's words, white space made one blank.
    preferred : str
        What the N line calls the concept; may be empty.
    """

    key: tuple[str, ...]
    type: str
    form: str
    preferred: str = ""

    @property
    def concept(self) -> str:
        """Return the concept's id, or "" where there is none."""
        return self.key[1] if self.key[0] == "concept" else ""

    @property
    def lemma(self) -> str:
        """Return the lemma, or "" where there is a concept."""
        return self.key[2] if self.key[0] == "lemma" else ""


def name_mentions(document: Document, *, resources: Sequence[str] = ()) -> dict[str, Naming]:
    """Return the naming of every textbound, by id.

    Parameters
    ----------
    resources : sequence of str
        Terminologies, the preferred one first. A mention with several N lines takes the best of these, else the first
        in the file; an N line on an event speaks of its trigger.
    """
    concepts: defaultdict[str, list[Normalization]] = defaultdict(list)
    for normalization in document.normalizations:
        textbound = document.resolve(normalization.target)
        if textbound is not None:
            concepts[textbound.id].append(normalization)
    return {each.id: _name(document, each, concepts[each.id], resources) for each in document.textbounds}


def _name(
    document: Document, textbound: TextBound, concepts: Sequence[Normalization], resources: Sequence[str]
) -> Naming:
    form = _BLANKS.sub(" ", document.spelled(textbound)).strip()
    if not concepts:
        return Naming(("lemma", textbound.type, lemma_of(form)), textbound.type, form)
    chosen = min(concepts, key=lambda each: _rank(each.resource, resources))
    preferred = _BLANKS.sub(" ", chosen.text).strip()
    return Naming(("concept", f"{chosen.resource}:{chosen.identifier}"), textbound.type, form, preferred)


def _rank(resource: str, resources: Sequence[str]) -> int:
    return resources.index(resource) if resource in resources else len(resources)


def lemma_of(form: str) -> str:
    """Return the lemmas of a form's words in lower case, compatibility characters unified; signs stay as they are."""
    folded = unicodedata.normalize("NFKC", form).casefold()
    words = (folded[span.start : span.end] for span in tokenize_words(folded))
    return " ".join(lemmatize_word(word) if word.isalpha() else word for word in words) or folded

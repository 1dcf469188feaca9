"""One document a specialty before and after the paper's preprocessing: what each step leaves of it.

In: a document. Out: `Example`, the counts of the whole text and the steps on its first characters; its JSON holds the
text only where that is asked for.

Examples
--------
>>> make_example("Urology", CorpusDocument("note", "No pain.")).to_json()["lemmas"]
1
"""

from dataclasses import dataclass

from corpus_tools.assembly.tables import CorpusDocument
from corpus_tools.sentences import Preprocessed, preprocess

_EXCERPT = 200  # characters

Steps = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Hold a document with its preprocessed form.

    Attributes
    ----------
    specialty : str
        "" where the documents have none.
    characters : int
        Of the source text.
    excerpt : str
        The first characters of the source text.
    """

    specialty: str
    doc_id: str
    characters: int
    view: Preprocessed
    excerpt: str

    @property
    def counts(self) -> dict[str, int]:
        """Return what each step leaves of the whole text, in the order of the steps."""
        return {
            "characters": self.characters,
            "clean characters": len(self.view.clean),
            "tokens": len(self.view.tokens),
            "stop words dropped": len(self.view.removed),
            "lemmas": len(self.view.lemmas),
            "different lemmas": len(set(self.view.lemmas)),
            "negations, times and doses dropped": sum(self.view.destroyed.values()),
        }

    @property
    def steps(self) -> Steps:
        """Return (step, what it leaves of the excerpt); this is text of the document."""
        view = preprocess(self.excerpt)
        rest = {"tokens": view.tokens, "without stop words": view.kept, "lemmas": view.lemmas}
        return (("source", self.excerpt), ("clean", view.clean), *((name, " ".join(own)) for name, own in rest.items()))

    def to_json(self, *, show_text: bool = False) -> dict[str, object]:
        """Return the counts as JSON values, with the steps on the excerpt where `show_text` asks for text."""
        named = {name.replace(",", "").replace(" ", "_"): count for name, count in self.counts.items()}
        text = {"steps": dict(self.steps)} if show_text else {}
        return {"specialty": self.specialty, "doc_id": self.doc_id, **named, **text}


def make_example(specialty: str, document: CorpusDocument) -> Example:
    """Return a document as the example of a specialty; the excerpt ends at a word's end."""
    excerpt = document.text[:_EXCERPT]
    if len(document.text) > _EXCERPT and " " in excerpt:
        excerpt = excerpt[: excerpt.rindex(" ")]
    return Example(specialty, document.doc_id, len(document.text), preprocess(document.text), excerpt)

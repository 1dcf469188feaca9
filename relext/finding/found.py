"""A mention that a finder found, and the pieces that a discontinuous one is made of.

Examples
--------
>>> FoundMention(0, Span(0, 20), "Sign", 0.9, "present", 0.99, gaps=(Span(4, 16),)).fragments
(Span(start=0, end=4), Span(start=16, end=20))
"""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus_tools.standoff import Span


@dataclass(frozen=True, slots=True)
class FoundMention:
    """Hold a mention that a finder found.

    Attributes
    ----------
    segment : int
        Position among the document's segments.
    span : Span, characters of the segment's text
    probability : float
        Of its type and boundaries.
    assertion : str
    assertion_probability : float
        Of the assertion, given the mention.
    gaps : tuple of Span, ordered
        Stretches inside the span that a discontinuous mention leaves out, white space around them included.
    """

    segment: int
    span: Span
    type: str
    probability: float
    assertion: str
    assertion_probability: float
    gaps: tuple[Span, ...] = ()

    @property
    def fragments(self) -> tuple[Span, ...]:
        """Return what is left of the span without its gaps."""
        return leave_out(self.span, self.gaps)


def leave_out(span: Span, gaps: Sequence[Span]) -> tuple[Span, ...]:
    """Return what is left of a span without some ordered stretches inside it.

    Examples
    --------
    >>> leave_out(Span(0, 20), [Span(4, 16)])
    (Span(start=0, end=4), Span(start=16, end=20))
    """
    edges = [span.start, *(edge for gap in gaps for edge in (gap.start, gap.end)), span.end]
    return tuple(Span(*edges[n : n + 2]) for n in range(0, len(edges), 2))


def join_fragments(text: str, fragments: Sequence[Span]) -> tuple[Span, ...]:
    """Return ordered fragments with those joined between which there is only white space.

    brat breaks a mention at a line end; that makes two fragments, and no discontinuous mention.

    Examples
    --------
    >>> join_fragments("chest\\npain, not arm", [Span(0, 5), Span(6, 10), Span(16, 19)])
    (Span(start=0, end=10), Span(start=16, end=19))
    """
    joined = list(fragments[:1])
    for span in fragments[1:]:
        if text[joined[-1].end : span.start].strip():
            joined.append(span)
        else:
            joined[-1] = Span(joined[-1].start, span.end)
    return tuple(joined)

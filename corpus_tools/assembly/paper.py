"""The paper's own figures of MTSamples, and the counting rule that comes nearest to each.

In: texts with how often they count. Out: one `Comparison` a figure: the paper's number, the nearest of ours over all
counting rules, and how far it is. The paper (doi 10.1177/18758967261433264) says neither what it took for a report nor
for a word or a sentence, so every reading that it allows is tried; a figure is called reproduced only when it is equal.

Examples
--------
>>> texts = [CountedText("No pain. No pain.", {"listings": 2})]
>>> measure_readings(texts)["words"][Reading("listings", "split at white space")]
8.0
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import punctuation

from corpus_tools.assembly.figures import measure_lengths
from corpus_tools.sentences import segment_text, tokenize_words

PAPER_FIGURES = {
    "specialties": 40.0,
    "words": 2_311_419.0,
    "median words a report": 421.5,
    "mean words a report": 487.5,
    "longest report in words": 3_114.0,
    "vocabulary": 28_581.0,
    "sentences": 140_214.0,  # "total sentences", elsewhere "phrases"
    "unique sentences or words": 50_000.0,  # "around 50,000 unique", once of sentences, once of words
}

_LISTINGS = range(4_500, 5_501)  # copies of MTSamples differ: 4,999 and 5,111 are known

WORD_RULES: Mapping[str, Callable[[str], list[str]]] = {
    "split at white space": str.split,
    "split at white space, signs stripped": lambda text: [word.strip(punctuation) for word in text.split()],
    "runs of letters, digits and _": re.compile(r"\w+").findall,
    "runs of two or more letters, digits and _": re.compile(r"\w\w+").findall,
    "runs of letters": re.compile(r"[A-Za-z]+").findall,
    "our words and signs": lambda text: [text[span.start : span.end] for span in tokenize_words(text)],
}
SENTENCE_RULES: Mapping[str, Callable[[str], list[str]]] = {
    "ended by . ! or ?": lambda text: _split_at(re.compile(r"[.!?]+(?:\s+|$)"), text),
    "ended by a full stop": lambda text: _split_at(re.compile(r"\."), text),
    "ended by a full stop or a comma": lambda text: _split_at(re.compile(r"[.,]"), text),
    "our segments": lambda text: [text[span.start : span.end] for span in segment_text(text)],
}


@dataclass(frozen=True, slots=True)
class CountedText:
    """Hold a distinct text and how often it counts in each population of reports, such as "listings"."""

    text: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, order=True)
class Reading:
    """Name a way to count: over which reports, and what is a word or a sentence."""

    population: str
    rule: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold a figure of the paper beside the nearest of ours.

    Attributes
    ----------
    deviation : float
        (ours - paper) / paper.
    tried : int
        How many readings there were.
    """

    figure: str
    paper: float
    ours: float
    reading: Reading
    deviation: float
    tried: int

    @property
    def is_reproduced(self) -> bool:
        """Say whether the two numbers are equal."""
        return self.ours == self.paper

    @property
    def finding(self) -> str:
        """Return in words which counting rule gives the paper's number, or that none does."""
        if self.is_reproduced:
            return f"reproduced over {self.reading.population}, {self.reading.rule}"
        return f"none of {self.tried} counting rules gives it; the nearest is {self.deviation:+.1%}"


def looks_like_mtsamples(listings: int, specialties: int) -> bool:
    """Say whether a CSV has as many rows and specialties as the copies of MTSamples that are about."""
    return listings in _LISTINGS and specialties == PAPER_FIGURES["specialties"]


def compare_with_paper(texts: Sequence[CountedText], specialties: int) -> tuple[Comparison, ...]:
    """Return each of the paper's figures beside the nearest that any reading gives."""
    readings = {
        **measure_readings(texts),
        "specialties": {Reading("listings", "different names"): float(specialties)},
    }
    return tuple(_find_nearest(figure, value, readings[figure]) for figure, value in PAPER_FIGURES.items())


def measure_readings(texts: Sequence[CountedText]) -> dict[str, dict[Reading, float]]:
    """Return figure -> reading -> value, for every population and rule."""
    measured: dict[str, dict[Reading, float]] = {name: {} for name in PAPER_FIGURES}
    populations = dict.fromkeys(population for text in texts for population in text.counts)
    for rule, split in WORD_RULES.items():
        for population in populations:
            for figure, value in _measure_words(texts, population, split).items():
                measured[figure][Reading(population, rule)] = value
    for rule, split in SENTENCE_RULES.items():
        cut = [(text, split(text.text)) for text in texts]
        for population in populations:
            reading = Reading(population, rule)
            measured["sentences"][reading] = float(sum(len(own) * text.counts[population] for text, own in cut))
            unique = {sentence for text, own in cut if text.counts[population] for sentence in own}
            measured["unique sentences or words"][reading] = float(len(unique))
    return measured


def _measure_words(
    texts: Iterable[CountedText], population: str, split: Callable[[str], list[str]]
) -> dict[str, float]:
    lengths: Counter[int] = Counter()
    vocabulary: set[str] = set()
    cased: set[str] = set()
    for text in texts:
        if count := text.counts[population]:
            words = split(text.text)
            lengths[len(words)] += count
            cased.update(words)
            vocabulary.update(word.lower() for word in words)
    measured = measure_lengths(lengths)
    return {
        "words": float(measured.total),
        "median words a report": measured.median or 0.0,
        "mean words a report": measured.mean or 0.0,
        "longest report in words": float(measured.longest or 0),
        "vocabulary": float(len(vocabulary)),
        "unique sentences or words": float(len(cased)),
    }


def _find_nearest(figure: str, paper: float, readings: Mapping[Reading, float]) -> Comparison:
    reading, value = min(readings.items(), key=lambda item: (abs(item[1] - paper), item[0]))
    return Comparison(figure, paper, value, reading, (value - paper) / paper, len(readings))


def _split_at(pattern: re.Pattern[str], text: str) -> list[str]:
    return [part.strip() for part in pattern.split(text) if part.strip()]

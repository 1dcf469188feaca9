"""The four rooms where a silent error costs most, each with the tests that answer for it.

Left out of a room are the modules that only read, write or lay out what the others counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.mutants.operators import Mutation, find_mutations

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Room:
    """Hold a room's modules and its tests, as paths from the project's root."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


def _room(name: str, folder: str, modules: str, tests: str) -> Room:
    """Return a room of the modules of one folder and of tests named by their folder and what they test."""
    return Room(
        name,
        tuple(f"{folder}/{module}.py" for module in modules.split()),
        tuple("tests/{}/test_{}.py".format(*test.split("/")) for test in tests.split()),
    )


ROOMS = (
    _room(
        "alignment",
        "corpus_tools/standoff",
        "alignment fitting offsets",
        "corpus_tools/standoff_alignment corpus_tools/standoff_offsets corpus_tools/standoff_properties",
    ),
    _room(
        "agreement",
        "corpus_tools/agreement",
        "aid arrays assignment chance coefficients comparing disagreements gates kappas matching measure n_ary scores "
        "stacking universes words",
        "corpus_tools/matching corpus_tools/coefficients corpus_tools/kappas corpus_tools/universes "
        "corpus_tools/scores corpus_tools/measure corpus_tools/agreement_laws corpus_tools/n_ary corpus_tools/aid "
        "corpus_tools/cli_agreement faults/agreement",
    ),
    _room("crf", "relext/model", "crf", "relext/crf"),
    _room(
        "evaluation",
        "relext/evaluation",
        "assessment baseline calibration confusion end_to_end found_mentions found_relations frames gates measure "
        "metrics mistakes outcomes pairing significance thresholds",
        "relext/metrics relext/assessment relext/measure relext/significance relext/calibration relext/outcomes "
        "relext/thresholds relext/confusion relext/found_mentions relext/found_relations relext/frames relext/gates "
        "relext/mistakes relext/baseline relext/report relext/cli_eval",
    ),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """Hold a fault in a module of a room."""

    room: str
    module: str
    mutation: Mutation

    @property
    def name(self) -> str:
        """Return what tells it from all others of the same source."""
        return f"{self.module}:{self.mutation.start} #{self.mutation.node}.{self.mutation.alternative}"

    @property
    def description(self) -> str:
        """Return where it is and what it changes."""
        return f"{self.module}:{self.mutation.start}  {self.mutation.change}"


def list_mutants(room: Room) -> Iterator[Mutant]:
    """Yield every mutant of a room."""
    for module in room.modules:
        for mutation in find_mutations((PROJECT / module).read_text("utf-8")):
            yield Mutant(room.name, module, mutation)


def draw_mutants(count: int, *, seed: int) -> list[Mutant]:
    """Draw mutants without replacement, as many from each room, shuffled, so that a run cut short is fair to all."""
    chance, drawn = Random(seed), list[Mutant]()
    for room in ROOMS:
        mutants = list(list_mutants(room))
        drawn += chance.sample(mutants, min(count // len(ROOMS), len(mutants)))
    chance.shuffle(drawn)
    return drawn

"""Draw mutants by seed and count those that the tests notice: `python -m tests.mutants`.

Out: a line a mutant that survived, the shares killed, and `build/mutants.json`; exit code 1 where fewer than 85 % were
killed. `--again` runs what the last run left alive, or did not come to, and counts it into its figures. The record is
written after each mutant, so that a run may be stopped.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: a process with threads is not forked

from tests.mutants.rooms import PROJECT, ROOMS, Mutant, draw_mutants
from tests.mutants.running import Touches, find_touches, run_mutant, warm

RECORD = PROJECT / "build/mutants.json"
WANTED = 0.85
KILLED = ("killed", "timeout")


def main() -> int:
    """Run the mutants within the time that is given, write the record, and return the exit code."""
    options = _read_options()
    ending = time.monotonic() + 60 * options.minutes
    mutants = draw_mutants(options.count, seed=options.seed)
    before: dict[str, str] = json.loads(RECORD.read_text("utf-8"))["ends"] if options.again else {}
    ends = {name: end for name, end in before.items() if end in KILLED}
    warm(ROOMS)
    touches = {room.name: find_touches(room) for room in ROOMS}
    for mutant in mutants:
        if time.monotonic() > ending:
            break
        if mutant.name not in ends:
            ends[mutant.name] = _run(mutant, touches[mutant.room])
            _write_record(mutants, ends, vars(options))
    return _report(mutants, ends)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--again", action="store_true", help="run what the last run left")
    return parser.parse_args()


def _run(mutant: Mutant, touches: Touches) -> str:
    end = run_mutant(mutant, touches)
    if end not in KILLED:
        print(f"{end:10}{mutant.description}", flush=True)
    return end


def _write_record(mutants: Sequence[Mutant], ends: dict[str, str], options: dict[str, Any]) -> None:
    survivors = [m.description for m in mutants if ends.get(m.name, "killed") not in KILLED]
    RECORD.parent.mkdir(exist_ok=True)
    RECORD.write_text(json.dumps({"options": options, "survivors": survivors, "ends": ends}, indent=1), "utf-8")


def _report(mutants: Sequence[Mutant], ends: dict[str, str]) -> int:
    """Print the shares a room, and return 1 where too few were killed or the time ran out."""
    for room in ROOMS:
        found = Counter(ends.get(mutant.name, "not run") for mutant in mutants if mutant.room == room.name)
        print(f"{room.name:12}{dict(sorted(found.items()))}")
    run = [ends[mutant.name] for mutant in mutants if mutant.name in ends]
    killed = sum(end in KILLED for end in run)
    print(f"killed {killed} of {len(run)} ({killed / max(len(run), 1):.1%}), {len(mutants) - len(run)} not run")
    return int(len(run) < len(mutants) or killed < WANTED * len(run))


if __name__ == "__main__":
    sys.exit(main())

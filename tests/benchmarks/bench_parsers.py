"""How long each reader of bytes that nobody vetted takes for 1, 2 and 4 times as much.

Run: python -m tests.benchmarks.bench_parsers [--units 2000] [--only NAME]

Out: a line a reader: bytes and processor time of one times, and how many times as long 2 and 4 times as much took: 2
and 4 where time is linear, 4 and 16 where it is quadratic. The least of three turns counts. The collector of garbage is
off meanwhile: its passes come in leaps, none in small inputs, and made steps out of straight lines.
"""

import argparse
import gc
import time

from tests.fuzz.parsers import PARSERS, Parser

FACTORS = (1, 2, 4)
TURNS = 3
LEAST_SECONDS = 0.1  # of one times as much: what is quicker gets more units, so that the clock can tell


def main() -> None:
    """Print a line for each reader."""
    options = _parse_options()
    for name, parser in PARSERS.items():
        if options.only in (None, name):
            print(describe(name, parser, options.units), flush=True)


def _parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=int, default=2000, help="Lines, rows, records or entries to begin with.")
    parser.add_argument("--only", choices=list(PARSERS))
    return parser.parse_args()


def describe(name: str, parser: Parser, units: int) -> str:
    """Return one reader's line."""
    most = parser.most // FACTORS[-1]
    while (seconds := measure(parser, min(units, most))) < LEAST_SECONDS and units < most:
        units *= 2
    units = min(units, most)
    ratios = [measure(parser, factor * units) / seconds for factor in FACTORS[1:]]
    size = len(parser.make(units))
    return f"{name:22} {size:>10} bytes {seconds:6.2f} s  x {ratios[0]:.1f}  x {ratios[1]:.1f}"


def measure(parser: Parser, units: int) -> float:
    """Return the processor time of one reading, the least of some turns."""
    content = parser.make(units)
    return min(_time(parser, content) for _ in range(TURNS))


def _time(parser: Parser, content: bytes) -> float:
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        parser.read(content)
        return time.process_time() - started
    finally:
        gc.enable()


if __name__ == "__main__":
    main()

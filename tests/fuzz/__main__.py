"""Fuzz one target with atheris for a bounded time: `python -m tests.fuzz TARGET SECONDS`.

Out: libFuzzer's figures on stderr; exit code 0 where nothing was found. A finding is written to
`build/fuzz/TARGET/crash-…`, and becomes a seed and a test. What covers new code is kept in `build/fuzz/TARGET/corpus`
for the next run.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["corpus_tools", "relext"]):
    from tests.fuzz.targets import TARGETS, list_seeds, run_target

MAX_BYTES = 4096


def main(name: str, seconds: int) -> None:
    """Fuzz a target; libFuzzer ends the process."""
    if name not in TARGETS:
        sys.exit(f"no target {name}; there are {', '.join(TARGETS)}")
    folder = Path("build/fuzz") / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(list_seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={MAX_BYTES}",
        f"-artifact_prefix={folder}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options], lambda content: run_target(name, content))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

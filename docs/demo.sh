#!/bin/sh
# The whole loop on the invented pilot: validate, agreement, build, train, evaluate, pre-annotate a new text.
# Called by `make demo`, which puts the project's commands on the path. Everything it makes lies in demo/.
set -eu
rm -rf demo
mkdir -p demo

step() { printf '\n== %s\n' "$*"; }

step 'corpus validate annotations/pilot'
corpus validate annotations/pilot

step 'corpus agreement annotations/pilot --out demo/agreement'
corpus agreement annotations/pilot --out demo/agreement

# Every specialty of the pilot is far under the 50 samples that the default asks for, so the demo lowers it to 1.
step 'corpus build annotations/pilot/gold --min-samples 1 --out demo/corpus'
corpus build annotations/pilot/gold --min-samples 1 --out demo/corpus

# One thread: two are faster on an idle machine and several times slower on a busy one.
step 'relext train demo/corpus --encoder small --mentions --threads 1 --out demo/model'
relext train demo/corpus --encoder small --mentions --threads 1 --out demo/model

step 'relext eval demo/model demo/corpus --out demo/evaluation'
relext eval demo/model demo/corpus --out demo/evaluation

step 'relext annotate demo/model docs/demo --out demo/round-2'
relext annotate demo/model docs/demo --out demo/round-2
corpus validate --quiet demo/round-2

step 'Summary'
python - <<'PYTHON'
import json
from pathlib import Path

evaluation = json.loads(Path("demo/evaluation/evaluation.json").read_text("utf-8"))
ours, majority = evaluation["micro"]["f1"], evaluation["majority"]["f1"]
agreement = json.loads(Path("demo/agreement/agreement.json").read_text("utf-8"))
print(f"Test part of the pilot, gold mentions: micro F1 {ours:.3f}, majority label by type pair {majority:.3f}.")
for path in ("agreement/agreement.html", "corpus/report.html", "evaluation/report.html", "round-2/new-note.ann"):
    print(f"demo/{path}")
if ours <= majority:
    raise SystemExit("The model does not beat the majority label by type pair.")
PYTHON

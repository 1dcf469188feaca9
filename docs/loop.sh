#!/bin/sh
# Two rounds of the loop on the invented pilot: CSV, round 1, gold, corpus, model, queue, suggestions, round 2, agreement.
#   sh docs/loop.sh FOLDER [OPTIONS OF RELEXT TRAIN]
# Annotators and reviewer are played by the pilot: what its people wrote on a note stands in for what they would write.
set -eu
out=$1
shift
mkdir -p "$out"
rounds=$out/annotations

step() { printf '\n== %s\n' "$*"; "$@"; }

# The first argument: pilot to a CSV of transcriptions; or the work of people in a round, by the texts of its notes.
play() { python - "$@" <<'PYTHON'; }
import csv, sys
from pathlib import Path

what, target = sys.argv[1], Path(sys.argv[2])
pilot = Path("annotations/pilot")
if what == "table":
    with (pilot / "metadata.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["transcription", "medical_specialty", "patient"])
        for row in rows:
            text = (pilot / "gold" / f"{row['doc_id']}.txt").read_bytes().decode("utf-8")
            writer.writerow([text, row["specialty"].split(";")[0], row["patient"]])
else:
    names = {path.read_bytes(): path for path in sorted((pilot / what).glob("*.txt"))}
    for path in sorted((target / sys.argv[3]).glob("*.txt")):
        path.with_suffix(".ann").write_bytes(names[path.read_bytes()].with_suffix(".ann").read_bytes())
PYTHON

play table "$out/transcriptions.csv"
step corpus import "$out/transcriptions.csv" --out "$rounds/round-1" --annotators anna,ben --size 32 --overlap 1 \
    --min-samples 1 --schema guidelines/schema.toml
cp -r "$rounds/round-1/anna" "$rounds/round-1/gold"
play annotator-a "$rounds/round-1" anna
play annotator-b "$rounds/round-1" ben
play gold "$rounds/round-1" gold
step corpus validate "$rounds/round-1"
step corpus agreement "$rounds/round-1" --annotators anna,ben --out "$out/agreement-1"
step corpus build "$rounds/round-1/gold" --min-samples 1 --out "$out/corpus"
step relext train "$out/corpus" --mentions --threads 1 --out "$out/model" "$@"

# What the model is least sure of comes first; it has seen round 1, so that is left out.
step relext queue "$out/model" "$out/transcriptions.csv" --annotated "$rounds" --batch 8 --out "$out/queue"
step relext annotate "$out/model" "$out/transcriptions.csv" --queue "$out/queue/queue.jsonl" --first 8 \
    --threshold 0.3 --out "$out/suggested"
step corpus validate "$out/suggested"

# Both annotators begin with the suggestions.
mkdir "$rounds/round-2"
cp "$out/suggested"/*.conf "$out/suggested/metadata.csv" "$out/suggested/provenance.jsonl" "$rounds/round-2/"
for annotator in anna ben; do
    mkdir "$rounds/round-2/$annotator"
    cp "$out/suggested"/*.txt "$out/suggested"/*.ann "$rounds/round-2/$annotator/"
done
play annotator-a "$rounds/round-2" anna
play annotator-b "$rounds/round-2" ben
step corpus agreement "$rounds/round-2" --out "$out/agreement-2"
step corpus accept-rate "$out/suggested" "$rounds/round-2/anna"

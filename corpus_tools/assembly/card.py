"""The card of a corpus folder: a README whose front matter tells the `datasets` library where the tables are.

In: the schema and the counts of each part. Out: Markdown with YAML front matter that names files and parts only, so
that no value of the corpus needs quoting there.

Examples
--------
>>> print(_front_matter(["test"]).splitlines()[2])
- config_name: sentences
"""

from collections.abc import Mapping, Sequence

from corpus_tools.rendering import Cell, format_markdown_table
from corpus_tools.standoff import Schema

_TABLES = ("sentences", "documents")

_BODY = """
# Relation corpus

Built by `corpus build`. `corpus verify` checks it against `manifest.json`; `report.html` shows it.

```python
import datasets

sentences = datasets.load_dataset("path/to/this/folder", "sentences")
documents = datasets.load_dataset("path/to/this/folder", "documents")
```

{counts}

- `sentences`: one row a sentence with its mentions (offsets within the sentence and in the source text), its place in
  the source text, the sentences before and after it, and its candidate pairs. A pair is two mentions in text order:
  `first` counts this row's mentions, `second` those of the row `distance` sentences on. Its label is `NO_RELATION`,
  `X`, or `X⁻¹` where the second mention is the first argument; several labels on one pair are joined by `+`.
- A sentence that is `over_long` has its row, so that distances count true positions, but no pairs.
- `documents`: one row a text with all gold mentions and relations. `reach` says where each is found: a mention in a
  `segment`, a relation as a `candidate` pair, or the reason why not. Recall is counted from this table.
- A part without documents has empty tables and is not listed above.

## Labels

{labels}
"""


def format_card(schema: Schema, counts: Mapping[str, Mapping[str, int]]) -> str:
    """Return the README of a corpus folder.

    Parameters
    ----------
    counts : mapping of part to mapping of what is counted to its number
    """
    filled = [part for part, numbers in counts.items() if numbers["documents"]]
    columns = ["part", *(name.replace("_", " ") for name in next(iter(counts.values())))]
    rows: list[list[Cell]] = [[part, *numbers.values()] for part, numbers in counts.items()]
    labels: list[list[Cell]] = [[label, "yes" if schema.is_symmetric(label) else "no"] for label in schema.labels]
    body = _BODY.format(
        counts=format_markdown_table(columns, rows), labels=format_markdown_table(["label", "symmetric"], labels)
    )
    return _front_matter(filled) + body


def _front_matter(parts: Sequence[str]) -> str:
    lines = ["---", "configs:"]
    for table in _TABLES if parts else ():
        lines += [f"- config_name: {table}", "  data_files:"]
        for part in parts:
            lines += [f"  - split: {part}", f"    path: {table}/{part}.parquet"]
    return "\n".join([*(lines if parts else lines[:1]), "---", ""])

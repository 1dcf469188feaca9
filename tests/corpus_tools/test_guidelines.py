"""The guidelines: every page complete, every example held against the schema, every pair of types shown.

The notation is that of guidelines/README.md: `[text|Type]`, `[text|Type|assertion]`, `[text|Type#1]` for a fragment.
A line with `+` is right, with `-` wrong but allowed by the schema, with `!` refused by it; relations stand below it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus_tools.standoff import Schema, read_schema

GUIDELINES = Path(__file__).resolve().parents[2] / "guidelines"
SCHEMA = read_schema(GUIDELINES / "schema.toml")
TYPE_PAGES = {path.stem: path for path in sorted((GUIDELINES / "types").glob("*.md"))}
RELATION_PAGES = {path.stem: path for path in sorted((GUIDELINES / "relations").glob("*.md"))}
PAGES = (GUIDELINES / "README.md", *TYPE_PAGES.values(), *RELATION_PAGES.values())
SECTIONS = ["Definition", "Examples", "Counter-examples", "Borderline cases"]

BLOCK = re.compile(r"^```annotation\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LABEL = re.compile(r"([A-Za-z]+)(?:#(\d))?(?:\|([a-z]+))?")
RELATION = re.compile(r"  ([a-z-]+)\(\[([^|\]]+)\|([A-Za-z]+)\], \[([^|\]]+)\|([A-Za-z]+)\]\)")


@dataclass(frozen=True)
class Mention:
    """Hold a mention of an example: fragments joined by " ... "."""

    text: str
    type: str
    assertion: str
    start: int


@dataclass(frozen=True)
class Example:
    """Hold a sentence with its mark, mentions, and relations as (label, text, type, text, type)."""

    page: str
    mark: str
    sentence: str
    mentions: tuple[Mention, ...]
    relations: tuple[tuple[str, ...], ...]


def parse_sentence(marked: str) -> tuple[str, tuple[Mention, ...]]:
    """Return the bare sentence and its mentions, nested ones after the one that they stand in."""
    bare, open_at, found = "", [], []
    position = 0
    while position < len(marked):
        character = marked[position]
        if character == "[":
            open_at.append(len(bare))
        elif character == "|":
            label = LABEL.match(marked, position + 1)
            assert label and marked[label.end()] == "]", f"unreadable mention in: {marked}"
            found.append((open_at.pop(), len(bare), label[1], label[2], label[3] or ""))
            position = label.end()
        else:
            bare += character
        position += 1
    assert not open_at, f"open bracket in: {marked}"
    return bare, tuple(join_fragments(bare, found))


def join_fragments(bare: str, found: list[tuple]) -> list[Mention]:
    """Return one mention for all fragments of a number, and one for each mention without a number."""
    groups: dict[object, list[tuple]] = {}
    for row in sorted(found):
        groups.setdefault((row[2], row[3]) if row[3] else row, []).append(row)
    return [
        Mention(" ... ".join(bare[start:end] for start, end, *_ in rows), rows[0][2], rows[0][4], rows[0][0])
        for rows in groups.values()
    ]


def parse_examples(text: str, page: str) -> list[Example]:
    """Return the examples of a page; a line that is none fails."""
    examples: list[Example] = []
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            relation = RELATION.fullmatch(line)
            if relation is not None:
                last = examples.pop()
                examples.append(
                    Example(page, last.mark, last.sentence, last.mentions, (*last.relations, relation.groups()))
                )
            else:
                assert line[:2] in ("+ ", "- ", "! "), f"{page}: {line}"
                examples.append(Example(page, line[0], *parse_sentence(line[2:]), ()))
    return examples


def check_example(example: Example, schema: Schema) -> list[str]:
    """Return what the schema refuses of an example, and what of its relations does not stand in it."""
    problems = [f"type {m.type}" for m in example.mentions if m.type not in schema.mention_types]
    (assertion,) = schema.attributes
    for mention in filter(lambda m: m.assertion, example.mentions):
        if mention.assertion not in assertion.values or mention.type not in assertion.holders:
            problems.append(f"assertion {mention.assertion} on {mention.type}")
    stated = {(mention.text, mention.type) for mention in example.mentions}
    for label, text1, type1, text2, type2 in example.relations:
        assert {(text1, type1), (text2, type2)} <= stated, (
            f"{example.page}: {label} names no mention of: {example.sentence}"
        )
        if not schema.allows(label, type1, type2):
            problems.append(f"{label}({type1}, {type2})")
    return problems


EXAMPLES = [example for page in PAGES for example in parse_examples(page.read_text(), page.name)]
RIGHT = [example for example in EXAMPLES if example.mark == "+"]


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: f"{example.page}{example.mark}{example.sentence[:30]}"
)
def test_the_schema_allows_what_is_marked_so_and_refuses_the_rest(example):
    assert example.mentions
    assert bool(check_example(example, SCHEMA)) == (example.mark == "!")


@pytest.mark.parametrize("example", RIGHT, ids=lambda example: f"{example.page}:{example.sentence[:30]}")
def test_right_examples_keep_the_rules_of_boundaries(example):
    for mention in example.mentions:
        assert not re.match(r"(the|a|an|his|her|no|possible)\b", mention.text, re.IGNORECASE), mention.text
        assert mention.text == mention.text.strip(" .,;:()")
        assert mention.assertion != "present"
        if mention.type in ("Symptom", "Diagnosis", "Finding", "Procedure"):
            assert not re.search(r"\b(mild|moderate|severe)\b", mention.text, re.IGNORECASE), mention.text


@pytest.mark.parametrize("example", RIGHT, ids=lambda example: f"{example.page}:{example.sentence[:30]}")
def test_arg1_of_a_symmetric_label_stands_first(example):
    start = {(mention.text, mention.type): mention.start for mention in example.mentions}
    for label, text1, type1, text2, type2 in example.relations:
        if SCHEMA.is_symmetric(label):
            assert start[text1, type1] <= start[text2, type2]


def test_there_is_one_page_a_type_and_a_label():
    assert set(TYPE_PAGES) == {name.lower() for name in SCHEMA.mention_types}
    assert set(RELATION_PAGES) == set(SCHEMA.labels)


@pytest.mark.parametrize("page", [*TYPE_PAGES.values(), *RELATION_PAGES.values()], ids=lambda page: page.stem)
def test_a_page_has_its_sections_and_enough_in_them(page):
    text = page.read_text()
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    cases = text.split("## Borderline cases\n")[1].strip().splitlines()[2:]
    assert len(cases) >= 5
    assert all(len([cell for cell in re.split(r"(?<!\\)\|", row)[1:-1] if cell.strip()]) == 3 for row in cases)


@pytest.mark.parametrize("name", SCHEMA.mention_types)
def test_a_type_page_shows_its_type(name):
    own = [example for example in EXAMPLES if example.page == f"{name.lower()}.md"]
    shown = [m for example in own if example.mark == "+" for m in example.mentions if m.type == name]
    assert len(shown) >= 5
    assert sum(example.mark != "+" for example in own) >= 3


@pytest.mark.parametrize("relation", SCHEMA.relations, ids=lambda relation: relation.name)
def test_every_pair_of_types_that_a_label_joins_has_an_example(relation):
    shown = {
        (type1, type2)
        for example in RIGHT
        if example.page == f"{relation.name}.md"
        for label, _, type1, _, type2 in example.relations
        if label == relation.name
    }
    exchanged = {(second, first) for first, second in shown} if relation.symmetric else set()
    assert shown | exchanged == relation.pairs


def test_every_assertion_that_is_written_has_an_example():
    (assertion,) = SCHEMA.attributes
    shown = {mention.assertion for example in RIGHT for mention in example.mentions} - {""}
    assert shown == set(assertion.values) - {assertion.default}


def test_no_example_stands_twice():
    sentences = [example.sentence for example in EXAMPLES]
    assert len(sentences) == len(set(sentences))


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([\w./-]+)\)", page.read_text()):
            assert (page.parent / target).is_file(), f"{page.name}: {target}"


def test_the_changelog_names_the_schema_that_is_shipped():
    hashes = re.findall(r"^Schema: ([0-9a-f]{64})$", (GUIDELINES / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert hashes[0] == SCHEMA.hash


def test_the_parser_of_examples_reads_nesting_fragments_and_assertions():
    sentence, mentions = parse_sentence("[Left|Symptom#1] and [right [hip pain|Symptom#1]|Symptom|absent].")
    assert sentence == "Left and right hip pain."
    assert mentions == (
        Mention("Left ... hip pain", "Symptom", "", 0),
        Mention("right hip pain", "Symptom", "absent", 9),
    )

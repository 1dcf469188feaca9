"""Likely identifiers are found by offset, and plain clinical numbers are not taken for them."""

import pytest

from corpus_tools.rounds import find_identifiers


@pytest.mark.parametrize(
    ("text", "kind", "spelled"),
    [
        ("Seen on 3/14/2019 again", "date", "3/14/2019"),
        ("on March 3, 2019.", "date", "March 3, 2019"),
        ("born 2 Feb 1950", "date", "2 Feb 1950"),
        ("call (555) 123-4567 now", "telephone", "(555) 123-4567"),
        ("SSN 123-45-6789", "social-security-number", "123-45-6789"),
        ("MRN: 00123456", "record-number", "MRN: 00123456"),
        ("write to j.doe@example.org", "e-mail", "j.doe@example.org"),
        ("see www.example.org/a", "web-address", "www.example.org/a"),
        ("Mrs. Alba Reed came", "name", "Mrs. Alba Reed"),
        ("Mr. O'Neil left", "name", "Mr. O'Neil"),
        ("Mr. O’Neil's wife", "name", "Mr. O’Neil's"),
        ("by Dr. Ängström today", "name", "Dr. Ängström"),
        ("Mrs McDonald is", "name", "Mrs McDonald"),
        ("Dr. José García-Ruiz, who", "name", "Dr. José García-Ruiz"),
        ("Ms. A\u0301lvarez was", "name", "Ms. A\u0301lvarez"),  # an accent of its own
        ("Prof. Жуков", "name", "Prof. Жуков"),
        ("Dr. Lee- and", "name", "Dr. Lee"),
        ("a 93-year-old man", "age-over-89", "93-year-old"),
    ],
)
def test_identifier_is_found_with_its_offsets(text: str, kind: str, spelled: str) -> None:
    (found,) = find_identifiers(text)
    assert (found.kind, text[found.start : found.end]) == (kind, spelled)


@pytest.mark.parametrize(
    "text",
    [
        "BP 120/80, pulse 88",
        "a 67-year-old woman",
        "10-20 mg",
        "L4-L5 and T1/2",
        "pH 7.35",
        "Mr. ’ and",
        "Ms is",
        "Dr. A.",
    ],
)
def test_clinical_number_is_no_identifier(text: str) -> None:
    assert find_identifiers(text) == ()

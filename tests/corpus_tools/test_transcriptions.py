"""A CSV of transcriptions becomes distinct documents that keep all their specialties."""

from pathlib import Path

import pytest

from corpus_tools.errors import InputError
from corpus_tools.rounds import make_doc_id, read_transcriptions

HEADER = ",description,medical_specialty,sample_name,transcription,keywords\n"


def write_csv(folder: Path, body: str) -> Path:
    path = folder / "transcriptions.csv"
    path.write_bytes((HEADER + body).encode())
    return path


def test_text_listed_twice_is_one_document_with_both_specialties(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "0,a, Surgery,s1,Cough.,k\n1,b, Urology,s2,Cough.,k\n2,c, Surgery,s3,Fever.,k\n")
    table = read_transcriptions(path, min_samples=1)
    assert [(d.text, d.specialties, d.rows) for d in table.transcriptions] == [
        ("Cough.", ("Surgery", "Urology"), (1, 2)),
        ("Fever.", ("Surgery",), (3,)),
    ]
    assert table.listings == 3


def test_document_stays_with_all_specialties_if_one_qualifies(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path, "0,a,Surgery,s,Cough.,k\n1,b,Surgery,s,Fever.,k\n2,c,Urology,s,Fever.,k\n3,d,Urology,s,Pain.,k\n"
    )
    table = read_transcriptions(path.rename(tmp_path / "t.csv"), min_samples=2)
    assert {d.text for d in table.transcriptions} == {"Cough.", "Fever.", "Pain."}
    table = read_transcriptions(tmp_path / "t.csv", min_samples=3)
    assert [d.text for d in table.left_out] == ["Cough.", "Fever.", "Pain."]


def test_samples_are_counted_by_listing_or_by_text(tmp_path: Path) -> None:
    # Surgery lists one text twice: two listings, one text.
    path = write_csv(tmp_path, "0,a,Surgery,s,Cough.,k\n1,b,Surgery,s,Cough.,k\n")
    by_listing = read_transcriptions(path, min_samples=2, count_by="listing").specialties
    by_text = read_transcriptions(path, min_samples=2, count_by="text").specialties
    assert [(c.specialty, c.listings, c.texts, c.qualifies) for c in by_listing] == [("Surgery", 2, 1, True)]
    assert [c.qualifies for c in by_text] == [False]


def test_missing_values_are_ranked_and_rows_without_text_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "0,,Surgery,s,Cough.,\n1,b,,s,  ,\n")
    table = read_transcriptions(path, min_samples=1)
    assert table.missing == (
        ("keywords", 2),
        ("description", 1),
        ("medical_specialty", 1),
        ("transcription", 1),
        ("sample_name", 0),
    )
    assert table.without_text == (2,)


@pytest.mark.parametrize("rows", ["Pain, no fever,Urology\n", "Pain,Urology\nPain, no fever,Urology\n"])
def test_a_row_longer_than_the_header_is_refused_not_cut(tmp_path: Path, rows: str) -> None:
    (tmp_path / "t.csv").write_text("transcription,medical_specialty\n" + rows)
    with pytest.raises(InputError, match=r"not a CSV|more cells than the header"):
        read_transcriptions(tmp_path / "t.csv")


def test_a_row_shorter_than_the_header_is_refused_not_filled_up(tmp_path: Path) -> None:
    # A text with a line end that nobody quoted: two rows where there is one.
    (tmp_path / "t.csv").write_text(
        'transcription,medical_specialty\n"Pain,\nfever.",Urology\n\nCough.\nRash.,Urology\n'
    )
    with pytest.raises(InputError, match="row 2 has fewer cells than the header; quote"):
        read_transcriptions(tmp_path / "t.csv")


def test_a_text_longer_than_pythons_own_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"transcription,medical_specialty\n{'Cough. ' * 30_000},Urology\n")
    assert len(read_transcriptions(tmp_path / "t.csv", min_samples=1).transcriptions[0].text) == 210_000


def test_line_ends_and_quotes_inside_a_text_are_kept(tmp_path: Path) -> None:
    path = write_csv(tmp_path, '0,a,Surgery,s,"One,\r\n""two""",k\n')
    assert read_transcriptions(path, min_samples=1).transcriptions[0].text == 'One,\r\n"two"'


def test_document_id_depends_on_text_and_specialty_alone() -> None:
    assert make_doc_id(" ENT - Otolaryngology", "x") == make_doc_id("ENT / Otolaryngology", "x")
    assert make_doc_id("Surgery", "x") != make_doc_id("Surgery", "y")
    assert make_doc_id("../etc", "x").startswith("etc-")
    assert make_doc_id("消化", "x").startswith("unspecified-")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"text,specialty\nCough.,Surgery\n", "no column 'transcription'"),
        (b"", "among the 0 there"),
        (b"transcription\n\xff\xfe\n", r"not a CSV in UTF-8 \(it may be Windows-1252\)"),
        ("transcription\nCough.\n".encode("utf-16"), r"not a CSV in UTF-8 \(it looks like UTF-16\)"),
        ("transcription\nCough.\n".encode("utf-16-le"), "it looks like UTF-16"),
        (b'transcription\n"open\n', r"not a CSV in UTF-8 \(.*string"),
        (b"transcription;patient\nCough, rash.;1\n", "divided by semicolons, save it with commas"),
        (b"patient\ttranscription\n1\tCough.\n", "divided by TABs"),
        (b"Transcription,patient\nCough.,1\n", "'Transcription' is near"),
        (b"transcription,patient,transcription\nCough.,1,Rash.\n", "the column 'transcription' stands there twice"),
    ],
)
def test_file_that_is_no_such_csv_is_one_clear_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_transcriptions(tmp_path / "a.csv")


@pytest.mark.parametrize("count_by", ["listing", "text"])
def test_mtsamples_has_its_known_counts(shared_data: Path, count_by: str) -> None:
    table = read_transcriptions(shared_data / "mtsamples" / "mtsamples.csv", count_by=count_by)  # type: ignore[arg-type]
    documents = table.transcriptions + table.left_out
    assert (table.listings, len(documents)) == (5111, 2376)
    assert sum(len(document.specialties) > 1 for document in documents) == 2165
    assert len(table.specialties) == 40
    assert sum(count.qualifies for count in table.specialties) == 22
    assert len({document.doc_id for document in documents}) == 2376

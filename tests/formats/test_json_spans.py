"""JSON with texts and names in the shapes of other programs: none of their spans is lost."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import MentionState
from annotations.formats import format_of
from annotations.formats.base import FormatError, Source
from annotations.formats.json_spans import Reader

SAMPLES = Path(__file__).parents[1] / "samples/formats/json-spans"


def read(data: bytes, name: str = "corpus.jsonl", **options: str) -> list[ArticleDraft]:
    return list(Reader().read(Source(name, data, options=options)))


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def marked(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(mention.span.of(draft.text), mention.label) for mention in draft.mentions]


def test_the_samples_are_recognised_and_read() -> None:
    found = {
        path.name: read(path.read_bytes(), path.name) for path in sorted(SAMPLES.glob("*.json*"))
    }
    assert {name: [marked(draft) for draft in drafts] for name, drafts in found.items()} == {
        "entities.jsonl": [[("Ines Okafor", "PERSON"), ("Port Alder", "GPE")], []],
        "examples.json": [[("Ulm", "GPE")], []],
        "tokens.jsonl": [[("Ines Okafor", "PER"), ("Ben", "PER"), ("Ulm", "LOC")]],
        "training.json": [[("Ada Ben", "PERSON"), ("Ulm", "GPE"), ("Tern", "LOC")]],
    }
    for name in found:
        source = Source(name, (SAMPLES / name).read_bytes())
        assert format_of(source) == "json-spans"
    first, second = found["entities.jsonl"]
    assert (first.number, first.extra) == (4, {"desk": "night"})
    assert (first.status, second.status) == (ReviewStatus.OPEN, ReviewStatus.UNREVIEWED)
    assert {mention.state for mention in first.mentions} == {MentionState.ADDED}


def test_text_is_put_together_from_tokens_only_where_there_is_none() -> None:
    [draft] = read((SAMPLES / "training.json").read_bytes(), "training.json")
    assert draft.text == "Ada Ben met Ulm.\nShe left.\n\nTern slept!"
    [row] = read((SAMPLES / "tokens.jsonl").read_bytes())
    assert row.text == "Ines Okafor met Ben (Ulm)."
    for one in (draft, row):
        assert "spaces were guessed" in one.notes[0]


def test_spacy_finds_the_same_words_in_what_it_exports_as_json() -> None:
    doc = spacy.blank("en")("😀 Zoë left Ulm.")
    doc.ents = (doc.char_span(2, 5, "PERSON"), doc.char_span(11, 14, "GPE"))
    exported = {key: doc.to_json()[key] for key in ("text", "ents", "tokens")}
    [draft] = read(line(**exported))
    assert marked(draft) == [(ent.text, ent.label_) for ent in doc.ents]


@pytest.mark.parametrize("key", ["entities", "ents", "labels", "label", "annotations"])
@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "end": 3, "label": "GPE"},
        {"start": 0, "end": 3, "type": "GPE", "text": "Ulm"},
        {"start": 0, "end": 3, "entity": "GPE", "value": "Ulm"},
        {"start": 0, "end": 3, "entity_group": "GPE", "word": "ulm", "score": 0.9},
        [0, 3, "GPE", "Ulm"],
    ],
)
def test_the_shapes_of_other_programs_are_claimed_and_read(key: str, span: object) -> None:
    data = line(text="Nothing.") + line(text="Ulm slept.", **{key: [span]})
    assert format_of(Source("corpus.jsonl", data)) == "json-spans"
    assert marked(read(data)[1]) == [("Ulm", "GPE")]


def test_spans_of_an_array_are_read_where_the_lossless_format_would_be_lines() -> None:
    data = json.dumps([{"text": "Ulm slept.", "spans": [{"start": 0, "end": 3, "label": "A"}]}])
    assert format_of(Source("a.json", data.encode())) == "json-spans"
    assert marked(read(data.encode(), "a.json")[0]) == [("Ulm", "A")]
    assert format_of(Source("a.jsonl", data[1:-1].encode())) == "jsonl"


def test_examples_below_annotations_are_read_without_those_that_are_null() -> None:
    whole = {"classes": ["GPE"], "annotations": [["Ulm.", {"entities": [[0, 3, "GPE"]]}], None]}
    data = json.dumps(whole).encode()
    assert format_of(Source("annotations.json", data)) == "json-spans"
    assert [marked(draft) for draft in read(data, "annotations.json")] == [[("Ulm", "GPE")]]


def test_words_that_a_span_repeats_give_utf_16_offsets_and_slips_away() -> None:
    spans = [
        {"start": 3, "end": 6, "label": "GPE", "text": "Ulm"},
        {"start": 0, "end": 1, "label": "X", "text": "Ulm"},
    ]
    [draft] = read(line(text="😀 Ulm slept.", entities=spans))
    assert marked(draft) == [("Ulm", "GPE")]
    assert "UTF-16" in draft.notes[0]
    assert [bad.line for bad in draft.unplaced] == [1]


def test_tags_that_are_numbers_mean_what_a_person_says() -> None:
    data = line(tokens=["Ulm", "slept"], ner_tags=[1, 0])
    [option] = Reader().options(Source("corpus.jsonl", data))
    assert option.name == "tag_names"
    [bare] = read(data)
    assert (bare.mentions, "The tags are numbers" in bare.notes[-1]) == ((), True)
    assert marked(read(data, tag_names="O, B-GPE")[0]) == [("Ulm", "GPE")]
    assert read(data, tag_names="O")[0].mentions == ()
    assert Reader().options(Source("a.jsonl", line(tokens=["Ulm"], tags=["O"]))) == ()


def test_what_is_no_span_or_no_tag_is_listed_with_its_line() -> None:
    [draft] = read(line(text="Ulm slept.", entities=[[0, 3, "GPE"], [0, 3], [True, 3, "X"]]))
    assert marked(draft) == [("Ulm", "GPE")]
    assert [(bad.line, bad.reason) for bad in draft.unplaced] == [
        (1, "it is no start, end and label")
    ] * 2
    [row] = read(line(tokens=["Ulm", "slept"], ner_tags=["B-GPE", "?"]))
    assert (marked(row), row.unplaced[0].reason) == (
        [("Ulm", "GPE")], "“?” is no tag of the scheme IOB2",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (line(text="Ulm"), "a.jsonl"),
        (line(text="Ulm", entities=[]), "a.jsonl"),
        (line(text="Ulm", spans=[{"start": 0, "end": 3, "label": "X"}]), "a.jsonl"),
        (line(text="Ulm", ents=[[0, 3, "X"]], text_sha256="", schema_version=1), "a.jsonl"),
        (line(text="Ulm", ents=[[0, 3, "X"]], answer="accept"), "a.jsonl"),
        (line(text="Ulm", label=["news", "sports"]), "a.jsonl"),
        (line(tokens=["Ulm"], tags=[1, 2]), "a.jsonl"),
        (line(text="Ulm"), "a.json"),
        (b'[["Ulm", 3]]', "a.json"),
        (b"[" * 100_000, "a.json"),
        (b"\xff", "a.json"),
        (b"", "a.jsonl"),
    ],
)
def test_everything_else_is_left_to_others(data: bytes, name: str) -> None:
    assert not Reader().recognises(Source(name, data))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b'{"text": "Ulm"', "not JSON"),
        (b"3", "a JSON object is needed"),
        (b'{"entities": []}', "“text” is missing or not a string"),
        (b'{"text": "\\ud83d"}', "surrogate"),
        (b'{"text": "x", "n": NaN}', "NaN is not a number"),
    ],
)
def test_a_line_that_is_no_text_is_refused_with_its_number(bad: bytes, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(line(text="fine", entities=[]) + b"\n" + bad)
    assert says in str(refusal.value)
    assert "(line 3" in str(refusal.value)
    with pytest.raises(FormatError, match="holds no texts"):
        read(b"[]", "a.json")


KEYS = [
    "text", "entities", "ents", "start", "end", "label", "tokens", "ner_tags", "paragraphs",
    "sentences", "orth", "ner", "raw", "annotations", "meta", "id",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(KEYS), inner),
))  # fmt: skip
def test_any_json_is_read_or_refused_but_never_crashes(value: object) -> None:
    data = json.dumps(value).encode()
    for name in ("a.json", "a.jsonl"):
        source = Source(name, data, options={"tag_names": "O, B-X"})
        assert Reader().recognises(source) in {True, False}
        Reader().options(source)
        with suppress(FormatError):  # any other exception fails the test
            assert all(isinstance(draft, ArticleDraft) for draft in Reader().read(source))

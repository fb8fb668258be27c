"""The DocBin export, read and used by spaCy itself."""

import hashlib
import os
import pickle
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin, Span

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, CorpusCard, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import spacy_docbin
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.spacy_docbin import PARTS, Reader, Writer, split
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
FILES = ["README.txt", "config.cfg", "dev.spacy", "test.spacy", "train.spacy"]


#: Two vocabularies, so that what is read must come out of the file.
WRITING, READING = spacy.blank("en").vocab, spacy.blank("xx").vocab


def docs_in(path: Path) -> list[Doc]:
    """Read with a vocabulary that has seen nothing, as another program would."""
    return list(DocBin().from_disk(path).get_docs(spacy.blank("xx").vocab))


def write(articles: list[AnnotatedArticle], folder: Path) -> tuple[list[Doc], WriteReport]:
    report = Writer().write(iter(articles), folder / "corpus.spacy")
    return docs_in(folder / "corpus.spacy"), report


def spans_of(doc: Doc, key: str = "mentions") -> Counter[tuple[int, int, str, str]]:
    spans = doc.ents if key == "ents" else doc.spans[key]
    return Counter((s.start_char, s.end_char, s.label_, s.text) for s in spans)


def mentions_of(
    article: AnnotatedArticle, report: WriteReport
) -> Counter[tuple[int, int, str, str]]:
    """The mentions of an article, less the misfits."""
    before = Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)
    misfits = Counter(
        (m.start, m.end, m.label, m.text) for m in report.misfits if m.article == article.id
    )
    assert misfits <= before
    return before - misfits


def many(count: int) -> list[AnnotatedArticle]:
    """Articles with different texts; the last is empty and the one before has no names."""
    made = []
    for number in range(count - 2):
        text = f"{cast.NEWS}\nBoat {number} left Tern Island for Port Alder with Ines Okafor.\n"
        made.append(
            cast.article(
                text,
                *(
                    cast.mark(text, quote, label, nth)
                    for quote, label, nth in [
                        ("Ines Okafor", "PERSON", 0), ("Ines Okafor", "PERSON", 1),
                        ("Port Alder", "GPE", 0), ("Port Alder", "GPE", 1),
                        ("Tern Island", "LOC", 0), ("Alder Marine Co.", "ORG", 0),
                    ]
                ),
                id=number + 1,
            )
        )  # fmt: skip
    return [*made, cast.article("Nothing happened.", id=count - 1), cast.empty(id=count)]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_every_mention_on_token_edges_comes_back_with_its_text(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    [doc], report = write([article], tmp_path)
    assert doc.text == article.text
    assert spans_of(doc) == mentions_of(article, report)
    assert report.mentions_in == len(article.mentions)
    assert report.mentions_out == len(article.mentions) - len(report.misfits)
    assert set(spans_of(doc, "ents")) <= set(spans_of(doc))


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_any_article_comes_back_with_exactly_its_text(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    kept = [a for a in articles if a.layer == "suggestions" or a.status == "finished"]
    docs, report = write(articles, tmp_path)
    assert [doc.text for doc in docs] == [article.text for article in kept]
    for doc, article in zip(docs, kept, strict=True):
        assert spans_of(doc) == mentions_of(article, report)
        for entity in doc.ents:
            assert not entity[0].is_space
            assert not entity[-1].is_space
    assert report.mentions_in == report.mentions_out + len(report.misfits)


def test_the_sample_loses_no_mention(tmp_path: Path) -> None:
    _, report = write([cast.sample()], tmp_path)
    assert report.mentions_in > 20
    assert report.misfits == []


def test_ents_hold_the_longest_and_spans_all_of_overlapping_mentions(tmp_path: Path) -> None:
    article = cast.nested()
    [doc], report = write([article], tmp_path)
    assert [(e.text, e.label_) for e in doc.ents] == [
        ("“Ulm-West FC lost to New Ulm,”", "QUOTE"), ("Ada Ulm", "PERSON"), ("Ulm", "GPE"),
    ]  # fmt: skip
    assert spans_of(doc).total() == report.mentions_out == 8
    assert report.misfits == []
    assert "5 mentions overlap a longer one" in report.notes[0]


def test_a_mention_inside_a_token_is_reported(tmp_path: Path) -> None:
    [doc], report = write([cast.article("The Ulmers.", Mention(4, 7, "GPE"), id=5)], tmp_path)
    assert list(doc.ents) == list(doc.spans["mentions"]) == []
    [misfit] = report.misfits
    assert (misfit.article, misfit.text, misfit.label) == (5, "Ulm", "GPE")
    assert misfit.reason == "It ends inside the token at 4 to 10."


@pytest.mark.parametrize(("start", "end"), [(0, 4), (3, 7), (3, 4)])
def test_a_mention_with_white_space_at_an_edge_is_reported(
    start: int, end: int, tmp_path: Path
) -> None:
    _, report = write([cast.article("Ulm\u00a0and Ulm", Mention(start, end, "GPE"))], tmp_path)
    assert ["white space" in misfit.reason for misfit in report.misfits] == [True]


def test_white_space_inside_a_mention_is_part_of_it(tmp_path: Path) -> None:
    [doc], _ = write([cast.article("In New\u00a0Ulm", Mention(3, 10, "GPE"))], tmp_path)
    assert [entity.text for entity in doc.ents] == ["New\u00a0Ulm"]


def test_a_finished_article_without_names_says_that_there_are_none(tmp_path: Path) -> None:
    [doc], _ = write([cast.article("Nothing happened.")], tmp_path)
    assert doc.has_annotation("ENT_IOB")
    assert {token.ent_iob_ for token in doc} == {"O"}


def test_articles_that_are_not_finished_are_counted_but_not_written(tmp_path: Path) -> None:
    articles = [cast.news(status=ReviewStatus.OPEN), cast.news(status=ReviewStatus.UNREVIEWED)]
    docs, report = write(articles, tmp_path)
    assert docs == []
    assert sorted(report.articles_left_out.values()) == [1, 1]
    assert (report.articles, report.mentions_in, report.mentions_out) == (0, 0, 0)


@pytest.mark.parametrize("status", ReviewStatus)
def test_the_machines_layer_is_written_whatever_the_status(
    status: ReviewStatus, tmp_path: Path
) -> None:
    [doc], _ = write([cast.news(status=status, layer=SUGGESTIONS_LAYER)], tmp_path)
    assert len(doc.spans["mentions"]) == 8


def test_zones_are_spans_widened_to_whole_tokens(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 9, Zone.HEADLINE), ZonedSpan(12, 20, Zone.PARAGRAPH))
    [doc], _ = write([cast.article("Ulm slept\n\n (It woke) ", zones=zones)], tmp_path)
    assert spans_of(doc, "zones") == {
        (0, 9, "headline", "Ulm slept"): 1,
        (12, 20, "paragraph", "(It woke"): 1,
    }


def test_id_title_and_metadata_travel_with_the_doc(tmp_path: Path) -> None:
    article = cast.news(id=7)
    [doc], _ = write([article], tmp_path)
    assert doc.user_data == {
        "article_id": 7,
        "text_sha256": article.text_sha256,
        "title": "Ferry line returns",
        "published_on": "2017-07-08",
        "source": "Coast Wire",
        "byline": "",
        "url": "",
        "language": "en",
        "status": "finished",
        "layer": "gold",
    }


@pytest.mark.parametrize("language", ["qqq", "ja", "lex_attrs", "../cli", ""])
def test_a_language_without_a_tokenizer_falls_back_to_any_with_one_note(
    language: str, tmp_path: Path
) -> None:
    docs, report = write([cast.torture(id=i, language=language) for i in (1, 2)], tmp_path)
    assert [doc.text for doc in docs] == [cast.TORTURE] * 2
    assert len(report.notes) == 1
    assert f"“{language}”" in report.notes[0]


@pytest.mark.parametrize("language", ["en", "en-GB", "de_DE", "zh-Hant", "ar", "he"])
def test_a_regional_language_uses_the_tokenizer_of_its_language(
    language: str, tmp_path: Path
) -> None:
    [doc], report = write([cast.torture(language=language)], tmp_path)
    assert doc.text == cast.TORTURE
    assert report.notes == []


def test_a_text_longer_than_a_million_characters_is_written(tmp_path: Path) -> None:
    text = "Ulm slept. " * 100_000
    [doc], _ = write([cast.article(text, Mention(0, 3, "GPE"), zones=())], tmp_path)
    assert doc.text == text


def test_one_file_holds_everything_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    docs, report = write(many(6), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == report.files == ["corpus.spacy"]
    assert [doc.user_data["article_id"] for doc in docs] == [1, 2, 3, 4, 5, 6]


def test_a_folder_holds_three_parts_a_config_and_a_readme(tmp_path: Path) -> None:
    articles = many(8)
    report = Writer().write(articles, tmp_path / "new")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == report.files == FILES
    parts = {name: docs_in(tmp_path / "new" / f"{name}.spacy") for name in PARTS}
    assert all(parts.values())
    assert sorted(doc.text for docs in parts.values() for doc in docs) == sorted(
        article.text for article in articles
    )
    readme = (tmp_path / "new" / "README.txt").read_text()
    for name, docs in parts.items():
        assert f"Articles in {name}.spacy: {len(docs)}\n" in readme


def test_articles_without_text_never_are_all_that_a_part_holds(tmp_path: Path) -> None:
    Writer().write([cast.empty(id=1), cast.news(id=2), cast.nested(id=3)], tmp_path)
    for name in ("train", "dev"):
        assert any(len(doc) for doc in docs_in(tmp_path / f"{name}.spacy"))


def test_the_same_corpus_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Writer().write(many(6), tmp_path / name)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_empty_corpus_is_written_too(tmp_path: Path) -> None:
    report = Writer().write([], tmp_path)
    assert report.files == FILES
    assert docs_in(tmp_path / "train.spacy") == []
    assert "at least two articles" in report.notes[0]


digests = st.binary(max_size=4).map(lambda data: hashlib.sha256(data).hexdigest())


@given(st.lists(digests, min_size=3, max_size=30, unique=True))
def test_from_three_articles_on_no_part_is_empty(row: list[str]) -> None:
    assert set(split(row)) == set(PARTS)


@given(st.lists(digests, max_size=30, unique=True))
def test_the_split_does_not_depend_on_the_order(row: list[str]) -> None:
    forwards = dict(zip(row, split(row), strict=True))
    assert dict(zip(row[::-1], split(row[::-1]), strict=True)) == forwards


def test_few_articles_go_to_train_then_to_dev() -> None:
    for_test, for_dev = "00000009" + "0" * 56, "00000008" + "0" * 56
    assert split([]) == []
    assert split([for_test]) == ["train"]
    assert sorted(split([for_test, for_dev])) == ["dev", "train"]


def test_an_article_stays_in_its_part_when_the_corpus_grows() -> None:
    row = [hashlib.sha256(bytes([i])).hexdigest() for i in range(200)]
    assert split(row)[:100] == split(row[:100])
    assert 140 <= split(row).count("train") <= 180


def test_a_corpus_that_lays_down_its_parts_is_split_so(tmp_path: Path) -> None:
    articles = many(6)
    laid_down = CorpusCard(splits={1: "test", 2: "test", 3: "dev", 4: "train", 6: "dev"})
    Writer().write(articles, tmp_path, laid_down)
    numbers = {
        name: [doc.user_data["article_id"] for doc in docs_in(tmp_path / f"{name}.spacy")]
        for name in PARTS
    }
    by_digest = laid_down.part_of(articles[4])
    assert {name: row for name, row in numbers.items() if name != by_digest} == {
        name: row
        for name, row in {"train": [4], "dev": [3, 6], "test": [1, 2]}.items()
        if name != by_digest
    }
    assert 5 in numbers[by_digest]
    assert "as the corpus lays down" in (tmp_path / "README.txt").read_text()


def test_a_part_that_the_corpus_leaves_empty_stays_empty_with_a_note(tmp_path: Path) -> None:
    laid_down = CorpusCard(splits=dict.fromkeys(range(1, 5), "train"))
    report = Writer().write(many(4), tmp_path, laid_down)
    assert docs_in(tmp_path / "dev.spacy") == docs_in(tmp_path / "test.spacy") == []
    assert "The corpus has no article in dev, which spaCy needs to train." in report.notes


def test_without_a_split_of_the_corpus_the_readme_tells_of_the_digest(tmp_path: Path) -> None:
    Writer().write(many(4), tmp_path)
    assert "modulo 10, put an article into train" in (tmp_path / "README.txt").read_text()


# --- Reading ----------------------------------------------------------------------------------


def read(data: bytes, **options: str) -> list[ArticleDraft]:
    source = Source("corpus.spacy", data, language="xx", options=options)
    assert Reader().recognises(source)
    return list(Reader().read(source))


def written(articles: list[AnnotatedArticle], folder: Path) -> tuple[bytes, WriteReport]:
    report = Writer().write(articles, folder / "corpus.spacy")
    return (folder / "corpus.spacy").read_bytes(), report


def quoted(draft: ArticleDraft) -> Counter[tuple[int, int, str, str]]:
    return Counter((m.start, m.end, m.label, m.span.of(draft.text)) for m in draft.mentions)


def message_of(data: bytes) -> dict[str, Any]:
    message = srsly.msgpack_loads(zlib.decompress(data))
    assert isinstance(message, dict)
    return message


def packed(message: object) -> bytes:
    return zlib.compress(srsly.msgpack_dumps(message))


def strangers(**more: Any) -> Doc:
    """A doc as somebody else may have made it."""
    words = ["Ada", "Okafor", "left", "New", "Ulm", "."]
    spaces = [True, True, True, True, False, False]
    entities = ["B-PERSON", "I-PERSON", "O", "B-GPE", "I-GPE", "O"]
    return Doc(WRITING, **{"words": words, "spaces": spaces, "ents": entities} | more)


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_our_reader_gives_back_what_was_written(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    data, report = written([article], tmp_path)
    [draft] = read(data)
    assert draft.text == article.text
    assert quoted(draft) == mentions_of(article, report)
    assert (draft.number, draft.status, draft.layer) == (1, ReviewStatus.FINISHED, "gold")
    assert draft.metadata.title == article.title
    assert draft.metadata.source == "Coast Wire"
    assert draft.metadata.published_on == date(2017, 7, 8)
    assert (draft.metadata.language, draft.unplaced, draft.notes) == ("en", (), ())


def test_zones_on_token_edges_come_back(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 13, Zone.HEADLINE), ZonedSpan(14, 31, Zone.CAPTION))
    data, _ = written([cast.article("Ferry returns\nA boat leaves Ulm", zones=zones)], tmp_path)
    assert read(data)[0].zones == zones


def test_zones_that_do_not_cover_the_text_are_found_anew(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 5, Zone.HEADLINE),)
    data, _ = written([cast.article("Ferry returns", zones=zones)], tmp_path)
    assert [(zone.start, zone.end) for zone in read(data)[0].zones] == [(0, 13)]


@settings(reusing_the_folder, max_examples=20)
@given(st.lists(cast.articles(), max_size=2, unique_by=lambda article: article.id))
def test_any_articles_come_back(tmp_path: Path, articles: list[AnnotatedArticle]) -> None:
    kept = [a for a in articles if a.layer == "suggestions" or a.status == "finished"]
    data, report = written(articles, tmp_path)
    drafts = read(data)
    assert [draft.text for draft in drafts] == [article.text for article in kept]
    for draft, article in zip(drafts, kept, strict=True):
        assert quoted(draft) == mentions_of(article, report)
        assert (draft.number, draft.status, draft.layer) == (
            article.id, article.status, article.layer,
        )  # fmt: skip
        usual = {"source", "byline", "url", "published_on"}
        assert draft.extra == {k: v for k, v in article.meta.items() if k not in usual}
        states = {MentionState.SUGGESTED if article.layer == SUGGESTIONS_LAYER else "added"}
        assert {mention.state for mention in draft.mentions} <= states


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Ada", "Ulm", "😀", "e\u0301", "PERSON", "\n", "\u00a0", "—"]),
            st.booleans(),
            st.sampled_from(["O", "B-PERSON", "B-ORG", "B-Größe", ""]),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None, max_examples=50)
def test_docs_of_others_are_read_as_spacy_reads_them(
    rows: list[tuple[str, bool, str, bool]], all_attributes: bool, known_spaces: bool
) -> None:
    words, spaces, tags, _ = map(list, zip(*rows, strict=True)) if rows else ([], [], [], [])
    for index in range(1, len(tags)):
        if rows[index][3] and tags[index - 1][:1] in {"B", "I"}:
            tags[index] = f"I-{tags[index - 1][2:]}"
    doc = Doc(WRITING, words, spaces if known_spaces else None, ents=tags)
    doc.spans["sc"] = [Span(doc, 0, index, "ORG") for index in range(1, len(doc) + 1)]
    doc.spans["other"] = list(doc.ents)
    more = {} if all_attributes else {"attrs": ["ENT_IOB", "ENT_TYPE"]}
    data = DocBin(docs=[strangers(), doc], **more).to_bytes()
    [_, theirs] = DocBin().from_bytes(data).get_docs(READING)
    for key in ("sc", "other", "doc.ents"):
        ours = read(data, spans_key=key)[1]
        assert ours.text == theirs.text
        assert quoted(ours) == spans_of(theirs, "ents" if key == "doc.ents" else key)
        assert ours.unplaced == ()


def test_the_span_groups_and_the_entities_can_be_chosen() -> None:
    doc = strangers()
    doc.spans["zones"] = [doc[0:6]]
    [option] = Reader().options(Source("a.spacy", DocBin(docs=[doc]).to_bytes()))
    assert (option.name, option.guess) == ("spans_key", "doc.ents")
    assert option.choices == (("doc.ents", "Entities (doc.ents)"),)
    other = strangers()
    other.spans["sc"] = [Span(other, 2, 3, "VERB")]
    other.spans["more"] = []
    data = DocBin(docs=[doc, other]).to_bytes()
    [option] = Reader().options(Source("a.spacy", data))
    assert option.guess == "sc"
    assert [value for value, _ in option.choices] == ["doc.ents", "more", "sc"]
    assert [quoted(draft) for draft in read(data)] == [{}, {(11, 15, "VERB", "left"): 1}]


def test_docs_of_others_are_open_where_something_is_marked_and_never_finished() -> None:
    bare = strangers(ents=["O"] * 6)
    drafts = read(DocBin(docs=[strangers(), bare]).to_bytes())
    assert [draft.status for draft in drafts] == [ReviewStatus.OPEN, ReviewStatus.UNREVIEWED]
    assert (drafts[0].number, drafts[0].layer, drafts[0].metadata.language) == (None, "", "xx")


def test_a_file_that_says_nothing_of_entities_says_so() -> None:
    [draft] = read(DocBin(attrs=["LEMMA"], docs=[strangers()]).to_bytes())
    assert (draft.mentions, draft.notes) == ((), ("The file says nothing of entities.",))


def test_unknown_spaces_are_noted() -> None:
    [draft] = read(DocBin(docs=[strangers(spaces=None)]).to_bytes())
    assert draft.text == "Ada Okafor left New Ulm . "
    assert "one was put after every token" in draft.notes[0]


def test_user_data_of_strangers_is_ignored_even_if_it_looks_like_ours() -> None:
    doc = strangers()
    doc.user_data |= {"title": "T", "status": "finished", "layer": "gold", "article_id": 7}
    for digest in ({}, {"text_sha256": "0" * 64}):
        doc.user_data |= digest
        [draft] = read(DocBin(docs=[doc], store_user_data=True).to_bytes())
        assert (draft.metadata.title, draft.status) == ("", ReviewStatus.OPEN)
        assert (draft.layer, draft.number, draft.extra) == ("", None, {})


def test_only_plain_values_are_taken_from_user_data() -> None:
    doc = strangers()
    doc.user_data |= {
        "text_sha256": hashlib.sha256(doc.text.encode()).hexdigest(),
        "title": ["no", "string"],
        "byline": "a\0b",
        "desk": "night",
        "words": 6,
        "list": [1],
        ("._.", "custom", None, None): "x",
    }
    [draft] = read(DocBin(docs=[doc], store_user_data=True).to_bytes())
    assert draft.extra == {"desk": "night", "words": 6}
    assert (draft.metadata.title, draft.metadata.byline) == ("", "")


def test_line_ends_are_unified_and_the_entities_follow() -> None:
    doc = strangers(words=["Ada", "\r\n", "\x0b", "Ulm"], spaces=[False] * 4,
                    ents=["O", "O", "O", "B-GPE"])  # fmt: skip
    [draft] = read(DocBin(docs=[doc]).to_bytes())
    assert (draft.text, quoted(draft)) == ("Ada\nUlm", {(4, 7, "GPE", "Ulm"): 1})
    assert len(draft.changes) == 2


# --- Files made to break a reader -------------------------------------------------------------


def test_a_file_that_swells_is_refused_before_it_has_swollen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spacy_docbin, "MAX_UNPACKED_BYTES", 1_000_000)
    bomb = zlib.compress(bytes(50_000_000), 9)
    assert len(bomb) < 100_000
    with pytest.raises(FormatError, match="more than 1 MB once it is unpacked"):
        read(bomb)
    data = DocBin(docs=[strangers()]).to_bytes()
    monkeypatch.setattr(spacy_docbin, "MAX_UNPACKED_BYTES", len(zlib.decompress(data)))
    assert len(read(data)) == 1


@pytest.mark.parametrize("value", [{}, [], [[0]], [{0: 0}]])
def test_values_that_take_more_memory_than_bytes_are_counted(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spacy_docbin, "_MAX_VALUES", 1000)
    message = message_of(DocBin(docs=[strangers()]).to_bytes())
    assert read(packed(message))
    with pytest.raises(FormatError, match="is no DocBin"):
        read(packed(message | {"cats": [[value] * 500, [value] * 500]}))


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.folder),)


def test_nothing_is_unpickled_and_no_array_is_built(tmp_path: Path) -> None:
    payload = pickle.dumps(Trap(tmp_path / "trapped"))
    array = {b"nd": True, b"type": "|O", b"kind": b"O", b"shape": [1], b"data": payload}
    message = message_of(DocBin(docs=[strangers()], store_user_data=True).to_bytes())
    message |= {"cats": [payload], "more": array, "user_data": [srsly.msgpack_dumps(array)]}
    [draft] = read(packed(message))
    assert draft.text == "Ada Okafor left New Ulm."
    assert not (tmp_path / "trapped").exists()
    with pytest.raises(FormatError, match="is no DocBin"):
        read(packed(message | {"tokens": array}))


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [(0, 1, 0, 4), (5, 99, 0, 3), (-1, 1, 0, 3), (2**31 - 2, 2**31 - 1, 0, 3), (1, 1, 4, 4)],
)
def test_pointers_out_of_the_doc_are_listed_and_never_followed(
    first: int, last: int, start: int, end: int
) -> None:
    label = WRITING.strings["PERSON"]
    span = struct.pack(">QQQllll", 0, 0, label, first, last, start, end)
    group = srsly.msgpack_dumps({"name": "sc", "attrs": {}, "spans": [span]})
    message = message_of(DocBin(docs=[strangers()]).to_bytes())
    message["span_groups"] = [srsly.msgpack_dumps({group: ["sc"]})]
    [draft] = read(packed(message))
    assert draft.mentions == ()
    assert [(one.start, one.end, one.label, one.reason) for one in draft.unplaced] == [
        (start, end, "PERSON", "its tokens and its characters do not agree")
    ]


def test_the_span_groups_of_early_versions_are_read() -> None:
    doc = strangers()
    doc.spans["sc"] = [Span(doc, 0, 2, "PERSON")]
    message = message_of(DocBin(docs=[doc]).to_bytes())
    [group] = srsly.msgpack_loads(message["span_groups"][0])
    message["span_groups"] = [srsly.msgpack_dumps([group])]
    assert quoted(read(packed(message))[0]) == {(0, 10, "PERSON", "Ada Okafor"): 1}


def test_a_word_that_comes_again_and_again_fills_no_memory() -> None:
    doc = Doc(WRITING, ["x" * 600_000] * 2)
    with pytest.raises(FormatError, match=r"corpus.spacy, article 2, has more than 1,000,000"):
        read(DocBin(docs=[strangers(), doc]).to_bytes())


NO_STRING = struct.pack("Q", 2**63 + 1)


@pytest.mark.parametrize(
    "changed",
    [
        {"attrs": []},
        {"attrs": ["ORTH"]},
        {"attrs": [77]},
        {"tokens": b"123"},
        {"tokens": "text"},
        {"tokens": None},
        {"strings": 3},
        {"strings": [3]},
        {"strings": [b"\xff"]},
        {"lengths": b"123"},
        {"lengths": struct.pack("i", 7)},
        {"lengths": struct.pack("ii", 7, -1)},
        {"spaces": b""},
        {"span_groups": [b"\xc1"]},
        {"span_groups": [srsly.msgpack_dumps(3)]},
        {"span_groups": [srsly.msgpack_dumps({srsly.msgpack_dumps(3): ["sc"]})]},
        {"span_groups": [srsly.msgpack_dumps({srsly.msgpack_dumps({"spans": [b"1"]}): ["sc"]})]},
        {"span_groups": [srsly.msgpack_dumps({srsly.msgpack_dumps({"spans": [1]}): ["sc"]})]},
        {"attrs": [65], "tokens": NO_STRING * 6},
        {"attrs": [65, 77, 78], "tokens": struct.pack("QQQ", 383, 1, 383) * 6},
        {"attrs": [65, 77, 78], "tokens": struct.pack("QQQ", 383, 9, 383) * 6},
    ],
)
def test_a_docbin_with_a_damaged_part_is_refused(changed: dict[str, object]) -> None:
    message = message_of(DocBin(docs=[strangers()]).to_bytes())
    with pytest.raises(FormatError, match=r"is no DocBin|without having begun"):
        read(packed(message | changed))


@pytest.mark.parametrize("data", [b"", b"x", b"\x78\x9c", b"PK\x03\x04", b"\x89PNG"])
def test_what_is_no_docbin_is_refused(data: bytes) -> None:
    source = Source("corpus.spacy", data)
    assert Reader().recognises(source) == data.startswith(b"\x78\x9c")
    assert Reader().options(source) == ()
    with pytest.raises(FormatError, match="is no DocBin"):
        list(Reader().read(source))


@pytest.mark.parametrize("value", [None, 3, [1], {}, {"attrs": 1}, "x"])
def test_zlib_around_something_else_is_refused(value: object) -> None:
    with pytest.raises(FormatError, match="is no DocBin"):
        read(packed(value))


def test_a_file_that_breaks_off_is_refused() -> None:
    with pytest.raises(FormatError, match="is no DocBin"):
        read(DocBin(docs=[strangers()]).to_bytes()[:-5])


SOUND = zlib.decompress(DocBin(docs=[strangers(), strangers()], store_user_data=True).to_bytes())


@given(st.binary(min_size=1, max_size=8), st.integers(0, len(SOUND)))
def test_damaged_bytes_are_read_or_refused_but_never_crash(noise: bytes, place: int) -> None:
    with suppress(FormatError):  # any other exception fails the test
        read(zlib.compress(SOUND[:place] + noise + SOUND[place + len(noise) :]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus")
    Writer().write([*many(14), cast.torture(id=20), cast.nested(id=21)], path)
    return path


def spacy_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "spacy", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_spacys_own_checks_complain_of_nothing_but_the_number_of_examples(folder: Path) -> None:
    result = spacy_command(folder, "debug", "data", "config.cfg")
    assert "Training pipeline: tok2vec, ner" in result.stdout
    complaints = [row for row in result.stdout.split("\n") if "✘" in row]
    assert ["Low number of examples" in row for row in complaints[:-1]] == [True]
    assert "✘ 1 error" in complaints[-1]
    assert "✔ No entities consisting of or starting/ending with whitespace" in result.stdout


@pytest.mark.slow
def test_spacy_trains_on_the_folder_as_the_readme_says(folder: Path) -> None:
    result = spacy_command(
        folder, "train", "config.cfg", "--output", "model", "--paths.train", "train.spacy",
        "--paths.dev", "dev.spacy", "--training.max_steps", "20",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    result = spacy_command(folder, "evaluate", "model/model-best", "test.spacy")
    assert result.returncode == 0, result.stderr
    assert "NER F" in result.stdout


def test_writing_leaves_the_encoders_of_spacys_messages_as_they_were(tmp_path: Path) -> None:
    from srsly.msgpack import msgpack_encoders

    before = vars(msgpack_encoders).copy()

    def broken() -> Iterator[AnnotatedArticle]:
        assert vars(msgpack_encoders) != before
        yield from ()
        raise OSError("the database went away")

    with pytest.raises(OSError, match="went away"):
        Writer().write(broken(), tmp_path)
    assert vars(msgpack_encoders) == before

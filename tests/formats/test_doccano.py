"""doccano: both shapes that it exports, and that what is written is what it imports."""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.doccano import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
SAMPLES = Path(__file__).parents[1] / "samples/formats/doccano"
#: From doccano's own tests; not part of this project.
DOCCANOS_OWN = Path(__file__).parents[3] / "shared/samples/formats/doccano/example.jsonl"


def write(articles: list[AnnotatedArticle], folder: Path) -> tuple[bytes, WriteReport]:
    target = folder / "corpus.jsonl"
    report = Writer().write(iter(articles), target)
    return target.read_bytes(), report


def source(data: bytes, name: str = "corpus.jsonl") -> Source:
    return Source(name, data)


def read(data: bytes, name: str = "corpus.jsonl") -> list[ArticleDraft]:
    return list(Reader().read(source(data, name)))


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def names(article: AnnotatedArticle | ArticleDraft) -> Counter[tuple[int, int, str, str]]:
    return Counter(
        (m.start, m.end, m.label, article.text[m.start : m.end]) for m in article.mentions
    )


def quotes(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(mention.span.of(draft.text), mention.label) for mention in draft.mentions]


def test_an_article_is_one_line_in_the_shape_that_doccano_imports(tmp_path: Path) -> None:
    article = cast.article("Zoë slept.", Mention(0, 3, "PERSON"), id=7, title="Night", meta={})
    data, report = write([article], tmp_path)
    assert data == (
        b'{"id": 7, "text": "Zo\\u00eb slept.", "label": [[0, 3, "PERSON"]], "title": "Night", '
        b'"language": "en", "status": "finished", "layer": "gold", "meta": {}}\n'
    )
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 1, 1)
    assert report.files == ["corpus.jsonl"]


def test_the_file_is_ascii_so_that_its_encoding_cannot_be_guessed_wrong(tmp_path: Path) -> None:
    data, _ = write([cast.torture(), cast.news(id=2)], tmp_path)
    assert data.isascii()
    assert data.count(b"\n") == 2
    assert [json.loads(row)["text"] for row in data.splitlines()] == [cast.TORTURE, cast.NEWS]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_spacy_finds_the_same_names_at_the_offsets(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    data, report = write([article], tmp_path)
    record = json.loads(data)
    doc = spacy.blank("en").make_doc(record["text"])
    assert doc.text == article.text
    found = Counter()
    for start, end, label in record["label"]:
        span = doc.char_span(start, end, label, alignment_mode="expand")
        cut = doc.text[start:end]
        assert cut in span.text
        found[start, end, span.label_, cut] += 1
    assert found == names(article)
    assert report.misfits == []


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3))
def test_reading_gives_back_what_was_written(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    data, report = write(articles, tmp_path)
    kept = [
        article
        for article in articles
        if article.text and (article.status == "finished" or article.layer == "suggestions")
    ]
    drafts = read(data)
    assert len(drafts) == report.articles == len(kept)
    assert sum(report.articles_left_out.values()) == len(articles) - len(kept)
    for draft, article in zip(drafts, kept, strict=True):
        assert draft.text == article.text
        assert names(draft) == names(article)
        assert (draft.number, draft.status, draft.layer) == (
            article.id, article.status, article.layer,
        )  # fmt: skip
        assert (draft.metadata.title, draft.metadata.language) == (article.title, article.language)
        assert draft.metadata.source == article.meta["source"]
        known = ("source", "byline", "url", "published_on")
        assert draft.extra == {k: v for k, v in article.meta.items() if k not in known}
        assert not draft.notes
        assert not draft.unplaced


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_every_article_of_the_cast_comes_back(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    [draft] = read(write([article], tmp_path)[0])
    assert (draft.text, names(draft)) == (article.text, names(article))


def test_what_is_not_finished_or_has_no_text_is_left_out_with_a_reason(tmp_path: Path) -> None:
    articles = [
        cast.news(status=ReviewStatus.OPEN),
        cast.news(status=ReviewStatus.UNREVIEWED),
        cast.empty(),
        cast.news(status=ReviewStatus.OPEN, layer=SUGGESTIONS_LAYER),
    ]
    data, report = write(articles, tmp_path)
    assert data.count(b"\n") == report.articles == 1
    assert sorted(report.articles_left_out.values()) == [1, 1, 1]
    assert "The article has no text, which doccano refuses." in report.articles_left_out
    [draft] = read(data)
    assert draft.mentions[0].state is MentionState.SUGGESTED


def test_the_golden_sample_of_spans_is_read_as_it_says() -> None:
    first, second, third = read((SAMPLES / "spans.jsonl").read_bytes())
    assert quotes(first) == [("Ines Okafor", "PERSON"), ("Port Alder", "GPE")]
    assert {mention.state for mention in first.mentions} == {MentionState.ADDED}
    assert (first.number, first.extra, first.status) == (1, {"desk": "night"}, ReviewStatus.OPEN)
    assert first.notes == ("line 1: 1 comment was left out",)
    assert quotes(second) == [("Storm Ada", "EVENT"), ("Port Alder", "GPE")]
    assert [(bad.label, bad.line) for bad in second.unplaced] == [("GPE", 2), ("LOC", 2)]
    assert second.unplaced[0].reason == "the same span with the same label occurs twice"
    assert "beyond the text" in second.unplaced[1].reason
    assert (third.mentions, third.status) == ((), ReviewStatus.UNREVIEWED)


def test_the_golden_sample_with_relations_is_read_without_them() -> None:
    [draft] = read((SAMPLES / "relations.jsonl").read_bytes())
    assert quotes(draft) == [("Ines Okafor", "PERSON"), ("Port Alder", "GPE")]
    assert draft.notes == ("line 1: 1 relation was left out",)
    assert draft.extra == {}


@pytest.mark.skipif(not DOCCANOS_OWN.exists(), reason="doccano's sample is not on this machine")
def test_doccanos_own_example_is_recognised_and_read() -> None:
    data = DOCCANOS_OWN.read_bytes()
    assert Reader().recognises(source(data))
    [draft] = read(data)
    assert quotes(draft) == [
        ("Google", "ORG"), ("September 4, 1998", "DATE"), ("Larry Page", "PERSON"),
        ("Sergey Brin", "PERSON"),
    ]  # fmt: skip
    assert "3 relations were left out" in draft.notes[0]


@pytest.mark.parametrize("key", ["label", "labels", "entities"])
@pytest.mark.parametrize("text_key", ["text", "data"])
def test_older_names_of_the_keys_are_read_too(key: str, text_key: str) -> None:
    data = line(**{text_key: "Ulm slept.", key: [[0, 3, "GPE"]]})
    assert Reader().recognises(source(data))
    assert quotes(read(data)[0]) == [("Ulm", "GPE")]


def test_an_array_in_a_json_file_is_read_as_well() -> None:
    rows = [{"text": "Ulm slept.", "label": [[0, 3, "GPE"]]}, {"text": "Yes.", "label": []}]
    data = json.dumps(rows, indent=2).encode()
    assert Reader().recognises(source(data, "corpus.json"))
    assert [quotes(draft) for draft in read(data, "corpus.json")] == [[("Ulm", "GPE")], []]


def test_lines_end_at_line_feeds_only() -> None:
    data = '{"text": "a\u2028b\u0085c", "label": [[2, 3, "X"]]}\r\n\n'.encode()
    [draft] = read(b"\xef\xbb\xbf" + data)
    assert quotes(draft) == [("b", "X")]


def test_spans_are_carried_over_what_the_text_loses() -> None:
    [draft] = read(line(text="\ufeffa\r\nb\x00 Ulm", label=[[7, 10, "GPE"], [1, 2, "X"]]))
    assert draft.text == "a\nb Ulm"
    assert quotes(draft) == [("a", "X"), ("Ulm", "GPE")]
    assert len(draft.changes) == 3


@pytest.mark.parametrize(
    "span", [["0", 3, "GPE"], [0, 3], [0, 3, 7], [0.5, 3, "GPE"], "GPE", None, {"label": "GPE"}]
)
def test_a_span_that_is_none_is_listed(span: object) -> None:
    [draft] = read(line(text="Ulm slept.", label=[span, [4, 9, "X"]]))
    assert quotes(draft) == [("slept", "X")]
    [bad] = draft.unplaced
    assert (bad.line, bad.reason) == (1, "it is no start, end and label")


def test_a_whole_number_with_a_decimal_point_is_an_offset() -> None:
    [draft] = read(line(text="Ulm slept.", label=[[0.0, 3.0, "GPE"]]))
    assert quotes(draft) == [("Ulm", "GPE")]


def test_metadata_beside_and_in_meta_is_kept() -> None:
    meta = {"byline": "Ada", "words": 3}
    row = line(text="Ulm", label=[], title="Night", meta=meta, published_on="2031-03-04", x=[1])
    [draft] = read(row)
    assert (draft.metadata.title, draft.metadata.byline) == ("Night", "Ada")
    assert str(draft.metadata.published_on) == "2031-03-04"
    assert draft.extra == {"words": 3}
    assert draft.notes == ("line 1: the metadata “x” is no plain value; left out",)


def test_a_status_of_others_is_metadata() -> None:
    [draft] = read(line(text="Ulm", label=[], status="finished"))
    assert (draft.status, draft.extra) == (ReviewStatus.UNREVIEWED, {"status": "finished"})


@pytest.mark.parametrize(
    "data",
    [
        line(text="Ulm", spans=[]),
        line(text="Ulm", label=[], text_sha256=""),
        line(text="Ulm", label=[], schema_version=1),
        line(text="Ulm", label=[], answer="accept"),
        line(text="Ulm", label="GPE"),
        line(text="Ulm", label=["GPE"]),
        line(text="Ulm", entities=[{"start": 0, "end": 3, "label": "GPE"}]),
        line(text="Ulm"),
        line(text=3, label=[]),
        line(label=[]),
        b'[["Ulm", {"entities": [[0, 3, "GPE"]]}]]',
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b"<html>",
    ],
)
def test_files_of_others_are_not_claimed(data: bytes) -> None:
    assert not Reader().recognises(source(data))


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b'{"text": "Ulm"', "not JSON"),
        (b'{"text": "Ulm"} {}', "something follows"),
        (b'{"text": "Ulm", "n": NaN}', "NaN is not a number"),
        (b'["Ulm"]', "JSON object"),
        (b'{"text": ' + b"[" * 100_000, "nests too deeply"),
        (b'{"n": ' + b"1" * 5_000 + b"}", "not JSON"),
        (b'{"label": []}', "“data” is missing or not a string"),
        (b'{"text": 5}', "“text” is missing or not a string"),
        (b'{"text": "\\ud83d"}', "surrogate"),
        (b'{"text": "\xff"}', "not UTF-8"),
        (b'{"text": "a", "label": {}}', "“label” is not a list"),
        (b'{"text": "a", "meta": []}', "“meta” is not an object"),
    ],
)
def test_a_line_that_is_no_text_is_refused_with_its_number(bad: bytes, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(line(text="fine", label=[]) + b"\n" + bad)
    assert says in str(refusal.value)
    assert "(line 3" in str(refusal.value)


def test_an_article_too_long_for_the_pipeline_is_refused() -> None:
    with pytest.raises(FormatError, match=r"line 1 of corpus\.jsonl has 1,000,001 characters"):
        read(line(text="a" * 1_000_001, label=[]))


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["text", "data", "label", "entities", "start_offset", "end_offset"]),
        inner,
    ),
))  # fmt: skip
def test_any_json_is_read_or_refused_but_never_crashes(value: object) -> None:
    data = json.dumps(value).encode()
    Reader().recognises(source(data))
    with suppress(FormatError):  # any other exception fails the test
        assert all(isinstance(draft, ArticleDraft) for draft in read(data))


def test_writing_is_close_to_the_bare_encoding(tmp_path: Path) -> None:
    articles = [cast.news(id=i) for i in range(400)]
    rows = [json.loads(row) for row in write(articles, tmp_path)[0].splitlines()]
    bare = best_of(lambda: [json.dumps(row) for row in rows])
    assert best_of(lambda: Writer().write(articles, tmp_path / "again.jsonl")) < 10 * bare


def best_of(action: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return min(times)


def test_a_text_without_labels_and_a_broken_span_do_not_hide_whose_file_it_is() -> None:
    marked = line(text="Ulm slept.", label=[[0, 3, "GPE"], [0, 3]])
    for first in (line(text="Yes."), line(text="Yes.", label=None), line(text="Yes.", label=[])):
        assert Reader().recognises(source(first + marked))
    assert [quotes(draft) for draft in read(line(text="Yes.", label=None) + marked)] == [
        [], [("Ulm", "GPE")],
    ]  # fmt: skip


def test_the_numbers_of_labels_that_the_first_versions_export_are_labels() -> None:
    span = {"label": 3, "start_offset": 0, "end_offset": 3, "user": 1}
    data = line(id=1, text="Ulm slept.", annotations=[span], annotation_approver=None)
    assert Reader().recognises(source(data))
    assert quotes(read(data)[0]) == [("Ulm", "3")]

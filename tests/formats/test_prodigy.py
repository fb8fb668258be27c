"""Prodigy: tasks that it exports are read by their answer, and what is written fits its tokens."""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.vocab import Vocab

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.prodigy import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
VOCAB = Vocab()
SAMPLES = Path(__file__).parents[1] / "samples/formats/prodigy"


def write(articles: list[AnnotatedArticle], folder: Path) -> tuple[bytes, WriteReport]:
    target = folder / "corpus.jsonl"
    report = Writer().write(iter(articles), target)
    return target.read_bytes(), report


def tasks(data: bytes) -> list[dict[str, object]]:
    return [json.loads(row) for row in data.split(b"\n")[:-1]]


def read(data: bytes, **options: str) -> list[ArticleDraft]:
    return list(Reader().read(Source("corpus.jsonl", data, options=options)))


def line(**record: object) -> bytes:
    return json.dumps(record).encode() + b"\n"


def names(article: AnnotatedArticle | ArticleDraft) -> Counter[tuple[int, int, str, str]]:
    return Counter(
        (m.start, m.end, m.label, article.text[m.start : m.end]) for m in article.mentions
    )


def quotes(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(mention.span.of(draft.text), mention.label) for mention in draft.mentions]


def doc_of(task: dict[str, object]) -> Doc:
    """The task as spaCy reads its tokens."""
    tokens: list[dict[str, object]] = task["tokens"]  # type: ignore[assignment]
    words = [token["text"] for token in tokens]
    spaces = [token["ws"] for token in tokens]
    return Doc(VOCAB, words=words, spaces=spaces)  # type: ignore[arg-type]


def written(articles: list[AnnotatedArticle], report: WriteReport) -> Counter[object]:
    """Every mention that went in, less the misfits."""
    before = Counter((a.id, m.start, m.end, m.label) for a in articles for m in a.mentions)
    misfits = Counter((m.article, m.start, m.end, m.label) for m in report.misfits)
    assert misfits <= before
    return before - misfits  # type: ignore[return-value]


def test_an_article_is_one_task_with_tokens_spans_and_an_answer(tmp_path: Path) -> None:
    mention = Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.5, "tagger 1.0")
    article = cast.article("Ulm slept.\nZoë", mention, id=7, title="Night", meta={"url": ""})
    data, report = write([article], tmp_path)
    assert data.decode() == (
        '{"id": 7, "text": "Ulm slept.\\nZoë", "title": "Night", "language": "en", '
        '"layer": "gold", "meta": {}, "tokens": ['
        '{"text": "Ulm", "start": 0, "end": 3, "id": 0, "ws": true}, '
        '{"text": "slept", "start": 4, "end": 9, "id": 1, "ws": false}, '
        '{"text": ".", "start": 9, "end": 10, "id": 2, "ws": false}, '
        '{"text": "\\n", "start": 10, "end": 11, "id": 3, "ws": false}, '
        '{"text": "Zoë", "start": 11, "end": 14, "id": 4, "ws": false}], '
        '"spans": [{"start": 0, "end": 3, "token_start": 0, "token_end": 0, "label": "GPE", '
        '"score": 0.5, "source": "tagger 1.0"}], "answer": "accept", '
        '"_input_hash": -663663713, "_task_hash": -1415565310}\n'
    )
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 1, 1)
    assert report.files == ["corpus.jsonl"]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_spacy_finds_every_name_by_its_tokens(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    data, report = write([article], tmp_path)
    [task] = tasks(data)
    doc = doc_of(task)
    assert doc.text == article.text
    found: Counter[object] = Counter()
    for span in task["spans"]:  # type: ignore[attr-defined]
        entity = doc[span["token_start"] : span["token_end"] + 1]
        assert (entity.start_char, entity.end_char) == (span["start"], span["end"])
        found[article.id, entity.start_char, entity.end_char, span["label"]] += 1
    assert found == written([article], report)
    assert found.total() == report.mentions_out


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3, unique_by=lambda article: article.id))
def test_reading_gives_back_what_was_written(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    data, report = write(articles, tmp_path)
    kept = [
        article
        for article in articles
        if (article.status == "finished" or article.layer == "suggestions")
        and (article.tokens or not article.text.strip())
    ]
    drafts = read(data)
    assert len(drafts) == report.articles == len(kept)
    assert report.mentions_in == report.mentions_out + len(report.misfits)
    back = Counter((d.number, m.start, m.end, m.label) for d in drafts for m in d.mentions)
    assert back == written(kept, report)
    for draft, article, task in zip(drafts, kept, tasks(data), strict=True):
        assert draft.text == article.text == doc_of(task).text
        assert (draft.number, draft.layer) == (article.id, article.layer)
        assert (draft.metadata.title, draft.metadata.language) == (article.title, article.language)
        known = ("source", "byline", "url", "published_on")
        assert draft.extra == {k: v for k, v in article.meta.items() if k not in known}
        assert not draft.notes
        assert not draft.unplaced
        if article.layer != "suggestions":
            assert draft.status is ReviewStatus.FINISHED


def test_the_machines_layer_is_a_task_without_an_answer(tmp_path: Path) -> None:
    mention = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.25, "tagger 1.0")
    article = cast.article("Ulm slept.", mention, layer=SUGGESTIONS_LAYER)
    data, _ = write([article], tmp_path)
    assert "answer" not in tasks(data)[0]
    assert Reader().recognises(Source("corpus.jsonl", data))
    [draft] = read(data)
    assert draft.mentions == article.mentions
    assert draft.status is ReviewStatus.OPEN


def test_what_is_not_finished_or_has_no_tokens_is_left_out_with_a_reason(tmp_path: Path) -> None:
    articles = [
        cast.news(status=ReviewStatus.OPEN),
        cast.news(status=ReviewStatus.UNREVIEWED),
        cast.news(tokens=()),
    ]
    data, report = write(articles, tmp_path)
    assert data == b""
    assert (report.articles, report.mentions_in) == (0, 0)
    assert sorted(report.articles_left_out.values()) == [1, 1, 1]
    assert "The article has not been split into tokens." in report.articles_left_out


def test_a_mention_inside_a_token_is_reported_and_not_written(tmp_path: Path) -> None:
    article = cast.article("The Ulmers.", Mention(4, 7, "GPE"), Mention(4, 10, "NORP"), id=5)
    data, report = write([article], tmp_path)
    assert quotes(read(data)[0]) == [("Ulmers", "NORP")]
    [misfit] = report.misfits
    assert (misfit.article, misfit.text) == (5, "Ulm")
    assert misfit.reason == "It ends inside the token at 4 to 10."
    assert (report.mentions_in, report.mentions_out) == (2, 1)


def test_hashes_tell_the_text_and_the_spans_apart(tmp_path: Path) -> None:
    marked = cast.article("Ulm slept.", Mention(0, 3, "GPE"))
    bare = cast.article("Ulm slept.", id=2, meta={})
    other = cast.article("Ulm woke.", Mention(0, 3, "GPE"), id=3)
    rows = tasks(write([marked, bare, other, marked], tmp_path)[0])
    assert [row["_input_hash"] == rows[0]["_input_hash"] for row in rows] == [1, 1, 0, 1]
    assert [row["_task_hash"] == rows[0]["_task_hash"] for row in rows] == [1, 0, 0, 1]
    assert all(-(2**31) <= row["_task_hash"] < 2**31 for row in rows)  # type: ignore[operator]


@pytest.mark.parametrize("text", ["  a  b ", " ", "", "\n\na\n", "a \n b", "a\u00a0 b", "a b\t"])
def test_the_tokens_with_their_spaces_are_the_text(text: str, tmp_path: Path) -> None:
    [task] = tasks(write([cast.article(text)], tmp_path)[0])
    assert doc_of(task).text == text
    assert [token["id"] for token in task["tokens"]] == list(range(len(task["tokens"])))  # type: ignore[attr-defined,arg-type]
    for token in task["tokens"]:  # type: ignore[attr-defined]
        assert text[token["start"] : token["end"]] == token["text"]


def test_the_golden_sample_is_read_by_its_answers() -> None:
    data = (SAMPLES / "out.jsonl").read_bytes()
    assert Reader().recognises(Source("out.jsonl", data))
    first, second = read(data)
    assert quotes(first) == [("Ines Okafor", "PERSON"), ("Port Alder", "GPE")]
    assert (first.status, first.notes) == (ReviewStatus.FINISHED, ())
    assert (first.metadata.source, first.extra) == ("Coast Wire", {"desk": "night"})
    assert quotes(second) == [("Storm Ada", "EVENT")]
    assert second.status is ReviewStatus.OPEN  # the binary interface asks about one span
    assert [note.rsplit(": ", 1)[1] for note in second.notes] == [
        "1 rejected, 1 ignored.", "1 ignored.",
    ]  # fmt: skip


def test_tasks_that_were_not_accepted_come_as_suggestions_where_they_are_wanted() -> None:
    drafts = read((SAMPLES / "out.jsonl").read_bytes(), answers="all")
    assert [draft.status.value for draft in drafts] == [
        "finished", "open", "unreviewed", "open", "unreviewed",
    ]  # fmt: skip
    assert quotes(drafts[1]) == [("lamp", "ORG")]
    assert drafts[1].mentions[0].state is MentionState.SUGGESTED
    assert not any(draft.notes for draft in drafts)


def test_a_file_without_an_accepted_task_is_refused() -> None:
    rows = line(text="Ulm", answer="reject") + line(text="Ulm", answer="ignore")
    with pytest.raises(FormatError, match=r"No task .* was accepted: 1 rejected, 1 ignored\."):
        read(rows)
    assert read(b"") == []


def test_the_option_says_which_answers_are_wanted() -> None:
    [option] = Reader().options(Source("corpus.jsonl", b""))
    assert (option.name, option.guess) == ("answers", "accept")
    assert [value for value, _ in option.choices] == ["accept", "all"]


def test_offsets_of_another_tool_in_utf_16_are_recognised_by_the_words() -> None:
    spans = [{"start": 3, "end": 6, "label": "GPE", "text": "Ulm", "token_start": 1}]
    [draft] = read(line(text="😀 Ulm slept.", spans=spans, answer="accept"))
    assert quotes(draft) == [("Ulm", "GPE")]
    assert "UTF-16" in draft.notes[0]


def test_spans_that_do_not_hold_are_listed_with_their_line() -> None:
    spans = [
        {"start": 1, "end": 4, "label": "GPE", "text": "Ulm"},
        {"start": 0, "end": 99, "label": "GPE"},
        {"start": "0", "end": 3, "label": "GPE"},
        {"end": 3, "label": "GPE"},
        {"start": 0, "end": 3},
        {"start": 4, "end": 9, "label": "VERB", "score": 2},
    ]
    [draft] = read(b"\n" + line(text="Ulm slept", spans=spans, answer="accept"))
    assert draft.mentions == (Mention(4, 9, "VERB"),)
    assert [bad.line for bad in draft.unplaced] == [2] * 5
    assert [bad.reason for bad in draft.unplaced] == [
        "the file says “Ulm”, the text there is “lm ”",
        "it lies beyond the text, which has 9 characters",
        "it has no label",
        "its offsets are no whole numbers",
        "its offsets are no whole numbers",
    ]


def test_spans_that_were_rejected_one_by_one_are_left_out_with_a_note() -> None:
    spans = [
        {"start": 0, "end": 3, "label": "GPE", "answer": "reject"},
        {"start": 4, "end": 9, "label": "VERB", "answer": "accept"},
    ]
    [draft] = read(line(text="Ulm slept", spans=spans, answer="accept"))
    assert quotes(draft) == [("slept", "VERB")]
    assert draft.notes == ("line 1: 1 rejected span was left out",)


@pytest.mark.parametrize(
    ("row", "claimed"),
    [
        (line(text="Ulm", answer="accept"), True),
        (line(text="Ulm", _input_hash=1), True),
        (line(text="Ulm", _task_hash=1), True),
        (line(text="Ulm", spans=[{"start": 0, "end": 3, "label": "X", "token_start": 0}]), True),
        (line(text="Ulm", spans=[{"start": 0, "end": 3, "label": "X"}]), False),
        (line(text="Ulm", text_sha256="", zones=[], spans=[]), False),
        (line(text="Ulm", label=[]), False),
        (line(html="Ulm", answer="accept"), False),
        (b"", False),
        (b"\xff", False),
        (b"[" * 100_000, False),
    ],
)
def test_only_tasks_of_prodigy_are_claimed(row: bytes, claimed: bool) -> None:
    assert Reader().recognises(Source("corpus.jsonl", row)) is claimed


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b'{"answer": "accept"', "not JSON"),
        (line(answer="accept", html="x"), "“text” is missing or not a string"),
        (line(answer="accept", text="x", spans={}), "“spans” is not a list of objects"),
        (line(answer="accept", text="x", spans=[3]), "“spans” is not a list of objects"),
        (line(answer="accept", text="a" * 1_000_001), "1,000,001 characters"),
    ],
)
def test_a_line_that_is_no_task_is_refused_with_its_number(bad: bytes, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(line(text="fine", answer="accept") + bad)
    assert says in str(refusal.value)
    assert "line 2" in str(refusal.value)


def test_the_tasks_before_a_faulty_line_are_read_first() -> None:
    drafts = Reader().read(Source("x.jsonl", line(text="fine", answer="accept") + b"{"))
    assert next(drafts).text == "fine"
    with pytest.raises(FormatError, match="line 2"):
        next(drafts)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["text", "spans", "start", "end", "label", "meta", "answer", "score"]),
        inner,
    ),
))  # fmt: skip
def test_any_json_is_read_or_refused_but_never_crashes(value: object) -> None:
    data = json.dumps(value).encode()
    Reader().recognises(Source("corpus.jsonl", data))
    with suppress(FormatError):  # any other exception fails the test
        assert all(isinstance(draft, ArticleDraft) for draft in read(data, answers="all"))


def test_writing_takes_less_than_ten_times_the_bare_encoding(tmp_path: Path) -> None:
    articles = [cast.news(id=i) for i in range(200)]
    rows = tasks(write(articles, tmp_path)[0])
    bare = best_of(lambda: [json.dumps(row, ensure_ascii=False) for row in rows])
    assert best_of(lambda: Writer().write(articles, tmp_path / "again.jsonl")) < 10 * bare


def best_of(action: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


def test_tasks_of_one_annotator_about_one_text_are_one_article() -> None:
    asked = [
        {"start": 0, "end": 3, "label": "GPE"},
        {"start": 4, "end": 9, "label": "VERB"},
        {"start": 0, "end": 3, "label": "GPE"},
    ]
    rows = b"".join(line(text="Ulm slept.", spans=[span], answer="accept") for span in asked)
    first, second = read(rows + line(text="Yes.", spans=[], answer="accept"))
    assert quotes(first) == [("Ulm", "GPE"), ("slept", "VERB")]
    assert (
        first.status is ReviewStatus.OPEN
    )  # who is asked about one span at a time has not seen all
    assert first.notes == ("line 1: 3 tasks about this text were put together",)
    assert (second.status, second.notes) == (ReviewStatus.FINISHED, ())


def test_of_several_annotators_of_one_text_the_first_is_read_with_a_note() -> None:
    task = {"text": "Ulm slept.", "answer": "accept", "_view_id": "ner_manual"}
    ulm, slept = [{"start": 0, "end": 3, "label": "A"}], [{"start": 4, "end": 9, "label": "B"}]
    rows = line(**task, spans=ulm, _session_id="ana") + line(**task, spans=slept, _session_id="bo")
    [draft] = read(rows)
    assert (quotes(draft), draft.status) == ([("Ulm", "A")], ReviewStatus.FINISHED)
    assert draft.notes == ("line 1: 1 task was left out, of other annotators of this text",)


def test_what_was_accepted_once_counts_before_what_was_rejected() -> None:
    ulm = [{"start": 0, "end": 3, "label": "A"}]
    rows = line(text="Ulm", spans=ulm, answer="reject") + line(
        text="Ulm", spans=ulm, answer="accept"
    )
    [draft] = read(rows, answers="all")
    assert [mention.state for mention in draft.mentions] == [MentionState.ADDED]


def test_a_task_is_recognised_behind_one_without_a_text() -> None:
    rows = line(html="<b>", answer="accept") + line(text="Ulm", answer="accept")
    assert Reader().recognises(Source("corpus.jsonl", rows))

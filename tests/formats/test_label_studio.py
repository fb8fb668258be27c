"""Label Studio: exports of all ages are read, and its own SDK accepts and reads what is written."""

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from label_studio_sdk.converter import Converter
from label_studio_sdk.label_interface import LabelInterface

from annotations.domain.articles import (
    AnnotatedArticle,
    ArticleDraft,
    CorpusCard,
    LabelCard,
    ReviewStatus,
)
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import format_of
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.label_studio import Reader, Writer
from tests.formats import cast

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
SAMPLES = Path(__file__).parents[1] / "samples/formats/labelstudio"
#: From Label Studio's own tests; not part of this project.
PLANES = Path(__file__).parents[3] / "shared/samples/formats/label-studio/data.json"

type Json = dict[str, object]


def write(
    articles: list[AnnotatedArticle], folder: Path, corpus: CorpusCard | None = None
) -> tuple[list[Json], WriteReport]:
    report = Writer().write(iter(articles), folder, corpus or CorpusCard())
    return json.loads((folder / "tasks.json").read_bytes()), report


def read(data: bytes, **options: str) -> list[ArticleDraft]:
    return list(Reader().read(Source("tasks.json", data, options=options)))


def read_back(folder: Path) -> list[ArticleDraft]:
    return read((folder / "tasks.json").read_bytes())


def tasks(*tasks: Json) -> bytes:
    return json.dumps(tasks).encode()


def region(start: object, end: object, label: str | list[str], **more: object) -> Json:
    """A result of the control “label”; ``text`` goes into its value."""
    value: Json = {"start": start, "end": end, "labels": [label] if label == str(label) else label}
    if "text" in more:
        value["text"] = more.pop("text")
    value.update(more.pop("value", {}))  # type: ignore[call-overload]
    return {"type": "labels", "from_name": "label", "to_name": "text", "value": value, **more}


def task(text: str, *results: Json, by: object = 1, **more: object) -> Json:
    annotation = {"completed_by": by, "was_cancelled": False, "result": list(results)}
    return {"id": 5, "data": {"text": text}, "annotations": [annotation], **more}


def names(article: AnnotatedArticle | ArticleDraft) -> Counter[tuple[int, int, str, str]]:
    return Counter(
        (m.start, m.end, m.label, article.text[m.start : m.end]) for m in article.mentions
    )


def quotes(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(mention.span.of(draft.text), mention.label) for mention in draft.mentions]


def regions(task: Json) -> Counter[tuple[int, int, str, str]]:
    """Start, end, label and words of every result of a task, each checked against its text."""
    found: Counter[tuple[int, int, str, str]] = Counter()
    for one in [*task["annotations"], *task["predictions"]]:  # type: ignore[misc]
        for result in one["result"]:
            value = result["value"]
            assert task["data"]["text"][value["start"] : value["end"]] == value["text"]  # type: ignore[index]
            found[value["start"], value["end"], value["labels"][0], value["text"]] += 1
    return found


# --- Writing ----------------------------------------------------------------------------------


def test_a_task_holds_the_text_its_annotation_its_prediction_and_what_only_we_know(
    tmp_path: Path,
) -> None:
    article = cast.article(
        "Ulm slept.",
        Mention(0, 3, "GPE", MentionState.ACCEPTED, 0.5),
        Mention(4, 9, "X", MentionState.SUGGESTED, 0.25, "tagger 1.0"),
        id=7,
        title="Night",
        meta={"source": "Coast Wire", "desk": "night"},
        status=ReviewStatus.OPEN,
    )
    [found], report = write([article], tmp_path)
    assert found == {
        "id": 7,
        "data": {
            "text": "Ulm slept.", "title": "Night", "language": "en", "source": "Coast Wire",
            "byline": "", "url": "", "published_on": "",
        },
        "annotations": [{
            "was_cancelled": False,
            "result": [{
                "id": "r1", "from_name": "label", "to_name": "text", "type": "labels",
                "score": 0.5, "origin": "prediction",
                "value": {"start": 0, "end": 3, "text": "Ulm", "labels": ["GPE"]},
            }],
        }],
        "predictions": [{
            "model_version": "tagger 1.0", "score": 0.25,
            "result": [{
                "id": "r2", "from_name": "label", "to_name": "text", "type": "labels",
                "score": 0.25,
                "value": {"start": 4, "end": 9, "text": "slept", "labels": ["X"]},
            }],
        }],
        "meta": {
            "number": 7, "text_sha256": article.text_sha256, "status": "open", "layer": "gold",
            "zones": [{"start": 0, "end": 10, "zone": "paragraph", "certain": True}],
            "extra": {"desk": "night"},
        },
    }  # fmt: skip
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 2, 2)
    assert report.files == ["labeling_config.xml", "tasks.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == report.files


def test_the_labeling_interface_has_the_corpuss_labels_with_colour_key_and_hint(
    tmp_path: Path,
) -> None:
    corpus = CorpusCard(labels=(LabelCard("ORG", 'Firms & "co"', 2, "o"), LabelCard("GPE", hue=3)))
    write([cast.article("Ulm", Mention(0, 3, "NEW"))], tmp_path, corpus)
    assert (tmp_path / "labeling_config.xml").read_bytes().decode() == (
        "<View>\n"
        '  <Labels name="label" toName="text">\n'
        '    <Label value="ORG" background="#6a6417" hotkey="o" hint=\'Firms &amp; "co"\'/>\n'
        '    <Label value="GPE" background="#9f6084"/>\n'
        '    <Label value="NEW" background="#9f6084"/>\n'
        "  </Labels>\n"
        '  <Text name="text" value="$text" valueType="text" saveTextResult="yes"/>\n'
        "</View>\n"
    )


def test_an_empty_corpus_is_an_empty_array(tmp_path: Path) -> None:
    found, report = write([], tmp_path)
    assert found == read_back(tmp_path) == []
    assert report.notes == [
        "There are no labels: Label Studio refuses labeling_config.xml without any."
    ]
    assert not LabelInterface((tmp_path / "labeling_config.xml").read_text()).is_valid
    assert write([], tmp_path, CorpusCard(labels=(LabelCard("ORG"),)))[1].notes == []


def test_only_a_review_makes_an_annotation_without_results(tmp_path: Path) -> None:
    articles = [
        cast.article("Yes.", id=1),
        cast.article("Yes.", id=2, status=ReviewStatus.OPEN),
        cast.article("Yes.", id=3, layer=SUGGESTIONS_LAYER),
    ]
    found, _ = write(articles, tmp_path)
    assert [len(one["annotations"]) for one in found] == [1, 0, 0]  # type: ignore[arg-type]


def test_suggestions_of_several_machines_are_several_predictions(tmp_path: Path) -> None:
    made = [
        Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.5, "b"),
        Mention(0, 3, "ORG", MentionState.SUGGESTED, None, "a"),
        Mention(4, 9, "ORG", MentionState.SUGGESTED, 1.0, "b"),
    ]
    [found], _ = write([cast.article("Ulm slept", *made, layer=SUGGESTIONS_LAYER)], tmp_path)
    versions = [(one["model_version"], one["score"]) for one in found["predictions"]]  # type: ignore[attr-defined]
    assert versions == [("a", None), ("b", 0.75)]


# --- The independent reader --------------------------------------------------------------------


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_label_studios_sdk_accepts_every_task(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    suggested = Mention(0, 1, "ORG", MentionState.SUGGESTED, 0.5, "tagger 1.0")
    article = made()
    extra = [cast.article("Ulm slept.", suggested, id=9, status=ReviewStatus.UNREVIEWED)]
    found, report = write([article, *extra], tmp_path)
    interface = LabelInterface((tmp_path / "labeling_config.xml").read_text(encoding="utf-8"))
    assert interface.is_valid
    for one in found:
        assert interface.validate_task({"data": one["data"]})
        assert all(interface.validate_annotation(a) for a in one["annotations"])  # type: ignore[attr-defined]
        assert all(
            interface.validate_prediction(p, return_errors=True) == []
            for p in one["predictions"]  # type: ignore[attr-defined]
        )
    assert regions(found[0]) == names(article)
    assert regions(found[1]) == names(extra[0])
    assert report.mentions_in == report.mentions_out == sum(regions(one).total() for one in found)


def test_the_sdk_would_notice_a_label_that_the_interface_lacks(tmp_path: Path) -> None:
    [found], _ = write([cast.article("Ulm", Mention(0, 3, "GPE"))], tmp_path)
    interface = LabelInterface((tmp_path / "labeling_config.xml").read_text(encoding="utf-8"))
    [annotation] = found["annotations"]  # type: ignore[misc]
    annotation["result"][0]["value"]["labels"] = ["OTHER"]
    assert not interface.validate_annotation(annotation)


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_label_studios_converter_finds_the_same_names_in_json_min(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    write([article], tmp_path)
    converter = Converter(str(tmp_path / "labeling_config.xml"), str(tmp_path))
    converter.convert_to_json_min(str(tmp_path / "tasks.json"), str(tmp_path / "min"), is_dir=False)
    data = (tmp_path / "min/result.json").read_bytes()
    [record] = json.loads(data)
    assert record["text"] == article.text
    found = Counter(
        (value["start"], value["end"], value["labels"][0], value["text"])
        for value in record["label"]
    )
    assert found == names(article)
    assert Reader().recognises(Source("result.json", data))
    assert names(read(data)[0]) == found


def test_label_studios_converter_finds_the_same_names_in_conll(tmp_path: Path) -> None:
    text = "Ines Okafor left Ulm on Monday ."
    marks = [cast.mark(text, "Ines Okafor", "PERSON"), cast.mark(text, "Monday", "DATE")]
    write([cast.article(text, *marks)], tmp_path)
    converter = Converter(str(tmp_path / "labeling_config.xml"), str(tmp_path))
    target = tmp_path / "conll"
    converter.convert_to_conll2003(str(tmp_path / "tasks.json"), str(target), is_dir=False)
    rows = [row.split() for row in (target / "result.conll").read_text().splitlines()[1:] if row]
    assert [(row[0], row[3]) for row in rows] == [
        ("Ines", "B-PERSON"), ("Okafor", "I-PERSON"), ("left", "O"), ("Ulm", "O"), ("on", "O"),
        ("Monday", "B-DATE"), (".", "O"),
    ]  # fmt: skip


# --- There and back ----------------------------------------------------------------------------


def came_back(draft: ArticleDraft, article: AnnotatedArticle) -> bool:
    known = draft.metadata
    meta = {
        "source": known.source,
        "byline": known.byline,
        "url": known.url,
        "published_on": known.published_on and known.published_on.isoformat(),
        **draft.extra,
    }
    # Whoever made a mention that is decided is lost.
    expected = tuple(
        Mention(m.start, m.end, m.label, m.state, m.score, "" if m.is_decided else m.source)
        for m in article.mentions
    )
    return (
        (draft.number, draft.text) == (article.id, article.text)
        and (known.title, known.language) == (article.title, article.language)
        and meta == article.meta
        and draft.zones == article.zones
        and draft.mentions == expected
        and (draft.status, draft.layer) == (article.status, article.layer)
        and not draft.notes
        and not draft.changes
        and not draft.unplaced
    )


@reusing_the_folder
@given(st.lists(cast.articles(), max_size=3))
def test_reading_gives_back_what_was_written(
    tmp_path: Path, articles: list[AnnotatedArticle]
) -> None:
    found, report = write(articles, tmp_path)
    drafts = read_back(tmp_path)
    assert len(drafts) == report.articles == len(articles)
    assert all(map(came_back, drafts, articles))
    assert [regions(one) for one in found] == [names(article) for article in articles]


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.empty, cast.sample])
def test_every_article_of_the_cast_comes_back(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    write([article], tmp_path)
    assert came_back(read_back(tmp_path)[0], article)


def test_an_uncertain_zone_stays_uncertain(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 3, Zone.CAPTION, certain=False),)
    write([cast.article("Ulm", zones=zones)], tmp_path)
    assert read_back(tmp_path)[0].zones == zones


@pytest.mark.parametrize("zones", [[(0, 3)], [(4, 9), (0, 3)], [(0, 99)], [(0, 0), (0, 9)], 3])
def test_zones_that_do_not_cover_the_text_are_found_anew(zones: object) -> None:
    told = (
        [{"start": s, "end": e, "zone": "quote"} for s, e in zones]
        if isinstance(zones, list)
        else zones
    )
    [draft] = read(tasks(task("Ulm slept", meta={"text_sha256": "", "zones": told})))
    assert draft.zones == (ZonedSpan(0, 9, Zone.PARAGRAPH),)


def test_once_label_studio_has_an_annotation_the_status_is_its_own(tmp_path: Path) -> None:
    suggested = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.5, "tagger 1.0")
    articles = [cast.article("Ulm slept", suggested, status=ReviewStatus.UNREVIEWED)]
    [found], _ = write(articles, tmp_path)
    found["annotations"] = [{"completed_by": 1, "result": [region(4, 9, "X", origin="manual")]}]
    [draft] = read(tasks(found))
    assert (draft.status, quotes(draft)) == (ReviewStatus.FINISHED, [("slept", "X")])
    assert draft.notes == ("record 1: 1 prediction left out, since the task is annotated",)


# --- Reading ------------------------------------------------------------------------------------


def test_the_golden_export_is_read_as_it_says() -> None:
    data = (SAMPLES / "export.json").read_bytes()
    assert Reader().recognises(Source("export.json", data))
    first, second, third, fourth = read(data)

    assert quotes(first) == [
        ("Ines Okafor", "PERSON"), ("Port Alder", "GPE"), ("Tern Island", "GPE"),
        ("Tern Island", "LOC"),
    ]  # fmt: skip
    assert [mention.state.value for mention in first.mentions] == [
        "added", "accepted", "changed", "changed",
    ]  # fmt: skip
    assert (first.status, first.number) == (ReviewStatus.FINISHED, 101)
    assert (first.metadata.source, first.extra) == ("Coast Wire", {"desk": "night"})
    assert first.notes == (
        "record 1: 1 annotation cancelled and left out",
        "record 1: 1 other annotation by 2 left out",
        "record 1: 1 prediction left out, since the task is annotated",
        "record 1: results that mark no text were left out: 1 choices, 1 relation",
    )

    assert quotes(second) == [
        ("Storm Ada", "EVENT"), ("Port Alder", "GPE"), ("Tern Island Council", "ORG"),
    ]  # fmt: skip
    assert "UTF-16" in second.notes[0]

    assert quotes(third) == [("Port Alder\nMuseum", "ORG"), ("Friday", "DATE")]
    assert third.text.count("\r") == 0
    assert third.changes == ("Line ends were unified: 3 CRLF became LF.",)
    assert third.notes == ("The file’s offsets count each CRLF as one character.",)

    assert [(m.label, m.state.value, m.score, m.source) for m in fourth.mentions] == [
        ("LOC", "suggested", 0.75, "tagger 1.0"), ("ORG", "suggested", 0.25, "tagger 1.0"),
    ]  # fmt: skip
    assert fourth.status is ReviewStatus.UNREVIEWED
    assert not any(draft.unplaced for draft in (first, second, third, fourth))


def test_of_several_annotators_a_person_can_choose_one() -> None:
    data = (SAMPLES / "export.json").read_bytes()
    text_key, annotator = Reader().options(Source("export.json", data))
    assert (text_key.name, text_key.guess) == ("text_key", "text")
    assert [value for value, _ in text_key.choices] == ["text", "source", "desk"]
    assert [value for value, _ in annotator.choices] == ["", "1", "2", "3"]
    first, second, third, _ = read(data, annotator="2")
    assert quotes(first) == [("Monday", "DATE")]
    assert len(second.mentions) == 3
    assert (third.mentions, third.status) == ((), ReviewStatus.UNREVIEWED)
    assert "1 other annotation by 1 left out" in third.notes[0]


def test_the_golden_json_min_is_read_with_the_annotations_of_a_task_together() -> None:
    data = (SAMPLES / "min.json").read_bytes()
    assert Reader().recognises(Source("min.json", data))
    first, second = read(data)
    assert quotes(first) == [("Ines Okafor", "PERSON"), ("Port Alder", "GPE")]
    assert (first.number, first.extra) == (101, {"desk": "local"})
    assert first.notes == ("record 1: 1 other annotation by 2 left out",)
    assert (second.mentions, second.status) == ((), ReviewStatus.FINISHED)
    assert quotes(read(data, annotator="2")[0]) == [("Monday", "DATE")]
    assert [option.name for option in Reader().options(Source("min.json", data))] == [
        "text_key", "annotator",
    ]  # fmt: skip


@pytest.mark.skipif(not PLANES.exists(), reason="Label Studio's sample is not on this machine")
def test_an_export_of_images_is_recognised_and_refused_in_a_sentence() -> None:
    data = PLANES.read_bytes()
    assert Reader().recognises(Source("data.json", data))
    with pytest.raises(FormatError, match=r"Nothing in “data” looks like a text \(record 1\)"):
        read(data)


def test_old_exports_say_completions_and_skipped() -> None:
    old: Json = {"id": 1, "data": {"text": "Ulm slept"}, "completions": [
        {"skipped": True, "result": [region(4, 9, "X")]}, {"result": [region(0, 3, "GPE")]},
    ]}  # fmt: skip
    assert Reader().recognises(Source("a.json", tasks(old)))
    assert quotes(read(tasks(old))[0]) == [("Ulm", "GPE")]


def test_a_cancelled_annotation_leaves_the_task_unreviewed() -> None:
    one = task("Ulm slept", region(0, 3, "GPE"))
    one["annotations"][0]["was_cancelled"] = True  # type: ignore[index]
    [draft] = read(tasks(one))
    assert (draft.mentions, draft.status) == ((), ReviewStatus.UNREVIEWED)
    assert draft.notes == ("record 1: 1 annotation cancelled and left out",)


def test_the_text_is_where_the_results_point_or_where_a_person_says() -> None:
    one = task("Ulm slept", region(0, 3, "GPE", to_name="body"))
    one["data"] = {"text": "short", "body": "Ulm slept", "lead": "Ulm woke up"}
    [draft] = read(tasks(one))
    assert (draft.text, draft.extra) == ("Ulm slept", {"text": "short", "lead": "Ulm woke up"})
    assert read(tasks(one), text_key="lead")[0].text == "Ulm woke up"
    one["data"] = {"url": "https://news.example", "lead": "Ulm woke up"}
    assert read(tasks(one))[0].text == "Ulm woke up"
    with pytest.raises(FormatError, match=r"“body” is missing or not a string \(record 1\)"):
        read(tasks(one), text_key="body")


@pytest.mark.parametrize(
    ("by", "people"),
    [
        ([1, 2], ["", "1", "2"]),
        ([{"id": 1, "email": "ada@news.example"}, {"id": 2}], ["", "ada@news.example", "2"]),
        (["ada", "bea"], ["", "ada", "bea"]),
    ],
)
def test_annotators_are_known_by_mail_address_or_number(by: list[object], people: object) -> None:
    text = 'The key is "completed_by": 77'
    data = tasks(*(task(text, region(0, 3, "GPE"), by=who) for who in by))
    options = {option.name: option for option in Reader().options(Source("a.json", data))}
    assert [value for value, _ in options["annotator"].choices] == people


def test_offsets_into_text_with_carriage_returns_are_carried() -> None:
    text = "One\r\nUlm slept"
    [draft] = read(tasks(task(text, region(5, 8, "GPE", text="Ulm"))))
    assert (draft.text, quotes(draft), draft.notes) == ("One\nUlm slept", [("Ulm", "GPE")], ())


def test_words_may_differ_from_the_text_in_white_space_only() -> None:
    text = "In New\u00a0Ulm,  near\nUlm. 😀"
    results = [
        region(3, 10, "GPE", text="New Ulm"),
        region(3, 17, "X", text="New Ulm, near"),
        region(13, 21, "Y", text="near\\nUlm"),
        region(3, 10, "Z", text="NewUlm"),
    ]
    [draft] = read(tasks(task(text, *results)))
    assert sorted(mention.label for mention in draft.mentions) == ["GPE", "X", "Y"]
    assert [bad.label for bad in draft.unplaced] == ["Z"]


def test_white_space_is_joined_where_offsets_are_utf_16_too() -> None:
    results = [region(3, 11, "GPE", text="New Ulm"), region(12, 17, "X", text="slept")]
    [draft] = read(tasks(task("😀 New  Ulm slept", *results)))
    assert quotes(draft) == [("New  Ulm", "GPE"), ("slept", "X")]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (
            {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "startOffset": 0},
            "it points into a page by XPath, not into the text",
        ),
        (
            {"start": "0", "end": "0", "startOffset": 0, "endOffset": 3},
            "it points into a line of a dialogue, not into the text",
        ),
        ({"start": 0.5, "end": 3.25}, "its offsets are no whole numbers"),
        ({"start": None, "end": 3}, "its offsets are no whole numbers"),
        ({"start": 1, "end": 3, "text": "Ulm"}, "the file says “Ulm”, the text there is “lm”"),
        ({"start": 0, "end": 99}, "it lies beyond the text, which has 9 characters"),
        ({"start": -3, "end": 2}, "it holds no characters"),
        ({"labels": []}, "it has no label"),
    ],
)
def test_what_does_not_point_at_the_text_is_listed_with_its_reason(
    value: Json, reason: str
) -> None:
    kind = "hypertextlabels" if "text()" in str(value) else "labels"
    bad = {"type": kind, "value": {"start": 0, "end": 3, kind: ["GPE"], **value}}
    [draft] = read(tasks(task("Ulm slept", bad, region(4, 9, "X"))))
    assert quotes(draft) == [("slept", "X")]
    assert [one.reason for one in draft.unplaced] == [reason]


def test_predictions_that_agree_are_taken_once() -> None:
    predictions = [
        {"model_version": "a", "score": 0.5, "result": [region(0, 3, "GPE")]},
        {"model_version": "b", "score": 7, "result": [region(0, 3, "GPE"), region(4, 9, "X")]},
    ]
    one: Json = {"id": 1, "data": {"text": "Ulm slept"}, "predictions": predictions}
    [draft] = read(tasks(one))
    assert [(m.label, m.score, m.source) for m in draft.mentions] == [
        ("GPE", 0.5, "a"), ("X", None, "b"),
    ]  # fmt: skip
    assert draft.notes == (
        "record 1: 1 suggestion made twice taken once",
        "record 1: 2 scores not from 0 to 1 left out",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"[{}]",
        b'[{"data": {"text": "Ulm"}}]',
        b'[{"data": "Ulm", "annotations": []}]',
        b'[{"text": "Ulm", "annotations": []}]',
        b'{"text": "Ulm", "label": []}',
        b'[{"text": "Ulm", "label": [[0, 3, "GPE"]]}]',
        b'{"uri": "x", "versioncreated": "2031-03-04T09:00:00Z", "headline": "Ulm"}',
        b"[3]",
        b"oops",
        b"",
        b"\xff\xfe[",
        b"[" * 100_000,
    ],
)
def test_other_json_is_not_claimed(data: bytes) -> None:
    assert not Reader().recognises(Source("a.json", data))
    assert Reader().options(Source("a.json", data)) == ()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"id": 1, "annotations": []}, "“data” is missing or not an object"),
        ({"data": {"text": 3}, "annotations": []}, "Nothing in “data” looks like a text"),
        ({"data": {"text": "Ulm"}, "annotations": {}}, "“annotations” is not a list of objects"),
        ({"data": {"text": "Ulm"}, "predictions": [3]}, "“predictions” is not a list of objects"),
        ({"data": {"text": "a" * 1_000_001}}, "1,000,001 characters"),
    ],
)
def test_what_is_no_task_is_refused_with_its_number(bad: Json, says: str) -> None:
    with pytest.raises(FormatError) as refusal:
        read(tasks(task("Ulm slept"), bad))
    assert says in str(refusal.value)
    assert "record 2" in str(refusal.value)


def test_the_tasks_before_a_faulty_one_are_read_first() -> None:
    data = json.dumps([task("Ulm slept")])[:-1] + ', {"data": oops}]'
    drafts = Reader().read(Source("x.json", data.encode()))
    assert next(drafts).text == "Ulm slept"
    with pytest.raises(FormatError, match="record 2"):
        next(drafts)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["data", "text", "annotations", "predictions", "result", "value", "start",
                         "end", "labels", "meta", "text_sha256", "zones", "score", "extra",
                         "annotation_id", "annotator", "lead_time"]),
        inner,
    ),
))  # fmt: skip
def test_any_json_is_read_or_refused_but_never_crashes(value: object) -> None:
    for data in (json.dumps(value), json.dumps([{"data": {"text": "Ulm"}, "annotations": value}])):
        source = Source("a.json", data.encode())
        Reader().recognises(source)
        Reader().options(source)
        with suppress(FormatError):  # any other exception fails the test
            assert all(isinstance(draft, ArticleDraft) for draft in Reader().read(source))


values = st.none() | st.integers(-3, 12) | st.floats(0, 12) | st.sampled_from(["Ulm", "/p[1]", ""])


@settings(deadline=None)
@given(
    st.lists(st.fixed_dictionaries({}, optional={
        "start": values, "end": values, "text": values, "labels": st.lists(values, max_size=2),
        "startOffset": values,
    }), max_size=4),
    values, values,
)  # fmt: skip
def test_any_results_end_as_mentions_or_are_listed(
    found: list[Json], origin: object, certainty: object
) -> None:
    results: list[Json] = [
        {"value": value, "origin": origin, "score": certainty} for value in found
    ]
    [draft] = read(tasks(task("Ulm 😀\r\nslept", *results)))
    marks = [value for value in found if "start" in value and "end" in value]
    wanted = sum(len(value.get("labels") or [""]) for value in marks)  # type: ignore[arg-type]
    assert len(draft.mentions) + len(draft.unplaced) == wanted


# --- Size ---------------------------------------------------------------------------------------


def test_writing_takes_less_than_ten_times_the_bare_encoding(tmp_path: Path) -> None:
    articles = [cast.news(id=i) for i in range(300)]
    rows, _ = write(articles, tmp_path)
    bare = best_of(lambda: [json.dumps(row, ensure_ascii=False) for row in rows])
    assert best_of(lambda: Writer().write(articles, tmp_path)) < 10 * bare


def best_of(action: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        action()
        times.append(time.perf_counter() - began)
    return min(times)


ULM: dict[str, object] = {"from_name": "label", "to_name": "text", "type": "labels",
          "value": {"start": 0, "end": 3, "text": "Ulm", "labels": ["GPE"]}}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ({"data": {"text": "Ulm slept."}, "annotations": [{"result": [ULM]}]}, "a.jsonl"),
        (
            {"id": 3, "result": [ULM], "task": {"id": 1, "data": {"text": "Ulm slept."}}},
            "7.json",
        ),
        ([{"id": 1, "text": "Ulm slept.", "label": [ULM["value"]]}], "min.json"),
    ],
)
def test_lines_stored_annotations_and_old_minimal_exports_are_read(
    value: object, name: str
) -> None:
    source = Source(name, json.dumps(value).encode())
    assert format_of(source) == "labelstudio"
    [draft] = Reader().read(source)
    assert [(m.span.of(draft.text), m.label) for m in draft.mentions] == [("Ulm", "GPE")]
    assert draft.status is ReviewStatus.FINISHED

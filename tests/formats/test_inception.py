"""Which files of an exported INCEpTION project are read, by their names alone."""

import pytest

from annotations.formats._inception import Choice, choice_of
from annotations.formats.archives import LeftOut, Refused, Spare, open_nested
from annotations.formats.base import FormatError, Source
from tests.formats.inception import project, zipped


def chosen(*names: str) -> Choice:
    choice = choice_of(("exportedproject.json", *names))
    assert choice is not None
    return choice


@pytest.mark.parametrize(
    "names",
    [
        ("ferry.txt", "annotation/ferry.txt", "source/ferry.txt"),
        ("annotation/ferry.txt/ada.zip", "curation/ferry.txt/ada.zip"),
        ("deep/down/exportedproject.json",),
        ("project.json", "exportedproject.txt"),
        (),
    ],
)
def test_files_that_only_have_similar_names_are_no_project(names: tuple[str, ...]) -> None:
    assert choice_of(names) is None


@pytest.mark.parametrize(
    "sign",
    [
        "exportedproject.json",
        "exportedproject8123.json",
        "annotation/tern.txt/INITIAL_CAS.zip",
        "annotation_ser/tern.txt/INITIAL_CAS.ser",
        "curation/ferry.txt/CURATION_USER.tsv",
    ],
)
def test_one_name_that_only_inception_gives_is_enough(sign: str) -> None:
    assert choice_of(["annotation/tern.txt/ada.zip", sign]) is not None


def test_the_curated_version_goes_before_the_annotators_and_these_before_the_source() -> None:
    choice = chosen(
        "source/a.txt",
        "source/b.txt",
        "source/c.txt",
        "annotation/a.txt/ada.zip",
        "annotation/a.txt/INITIAL_CAS.zip",
        "annotation/b.txt/INITIAL_CAS.zip",
        "annotation/b.txt/vera.zip",
        "annotation/b.txt/ada.zip",
        "annotation/c.txt/INITIAL_CAS.zip",
        "curation/a.txt/CURATION_USER.zip",
    )
    assert choice.read == {
        "curation/a.txt/CURATION_USER.zip",
        "annotation/b.txt/vera.zip",
        "source/c.txt",
    }
    assert choice.spare == {"annotation/b.txt/ada.zip"}
    assert choice.passed_over == 7
    assert choice.words == (
        "It is an export from INCEpTION. Documents read: 1 as curated, 1 as the first of the "
        "annotators left it, 1 as it was uploaded there. Left out, since a corpus has a text once: "
        "1 further version by other annotators. Passed over: 7 other files of the project "
        "(settings, Java objects, versions that nobody annotated or that were curated since, and "
        "the like)."
    )


def test_versions_by_no_person_are_passed_over_wherever_they_stand() -> None:
    choice = chosen(
        "source/a.txt", "annotation/a.txt/CORRECTION_USER.tsv", "curation/a.txt/CORRECTION_USER.tsv"
    )
    assert choice.read == {"source/a.txt"}
    assert choice.spare == frozenset()


def test_a_name_with_points_is_a_persons() -> None:
    assert chosen("annotation/a.txt/ada.initial_cas.tsv").read == {
        "annotation/a.txt/ada.initial_cas.tsv"
    }


def test_where_only_java_objects_hold_annotations_it_says_what_to_do() -> None:
    words = chosen("source/a.txt", "annotation_ser/a.txt/ada.ser").words
    assert "export the project again with UIMA CAS XMI" in words
    untouched = chosen("source/a.txt", "annotation_ser/a.txt/INITIAL_CAS.ser").words
    assert "Java objects holds" not in untouched


def test_a_project_may_lie_in_a_folder_and_other_files_beside_it_are_read() -> None:
    choice = choice_of(
        [
            "a/exportedproject.json",
            "a/source/x.txt",
            "b/exportedproject.json",
            "b/log/x.txt",
            "n.md",
        ]
    )
    assert choice is not None
    assert choice.read == {"a/source/x.txt", "n.md"}
    assert choice.passed_over == 3


def test_of_a_whole_project_the_documents_come_and_one_line_on_the_rest() -> None:
    items = list(open_nested(Source("harbour.zip", project())))
    first, *rest = items
    assert isinstance(first, LeftOut)
    assert (first.name, first.files) == ("harbour.zip", 14)
    assert [item.name for item in rest if isinstance(item, Source)] == [
        "source/quay.txt",
        "annotation/tern.txt/ada.zip/ada.xmi",
        "annotation/tern.txt/ada.zip/TypeSystem.xml",
        "curation/ferry.txt/CURATION_USER.zip/CURATION_USER.xmi",
        "curation/ferry.txt/CURATION_USER.zip/TypeSystem.xml",
    ]
    assert [item.source.name for item in rest if isinstance(item, Spare)] == [
        "annotation/tern.txt/vera.zip/vera.xmi",
        "annotation/tern.txt/vera.zip/TypeSystem.xml",
    ]
    assert not [item for item in rest if isinstance(item, Refused)]


def test_a_project_without_documents_is_refused() -> None:
    with pytest.raises(FormatError, match=r"h\.zip is an export from INCEpTION without documents"):
        list(open_nested(Source("h.zip", zipped(("exportedproject.json", b"{}")))))

"""The sandbox: whatever a parser does, the caller hears one sentence, soon."""

import os
import sys
import time

import pytest

from annotations.formats.base import FormatError
from annotations.formats.sandbox import Answer, ask

GONE_WRONG = "tests.formats.gone_wrong:"
DAMAGED = "^lead.pdf cannot be read: it is damaged or made to break programs.$"
NONSENSE = "^lead.pdf cannot be read: what came out of it makes no sense.$"
TOO_LONG = "^lead.pdf cannot be read: more comes out of it than an article has.$"
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")


def run(function: str, data: bytes = b"", *arguments: str, seconds: float = 10) -> Answer:
    return ask(GONE_WRONG + function, data, *arguments, name="lead.pdf", seconds=seconds)


def test_an_answer_comes_back_whatever_the_library_prints() -> None:
    answer = run("good", "Zoë 😀\r\n\0".encode(), "one", "ü")
    assert answer.text("text") == "Zoë 😀\r\n\0"
    assert answer.texts("more") == ("one", "ü")
    assert answer.pairs("pairs") == [("a", "😀")]
    assert [inner.text("x") for inner in answer.children("inner")] == ["y"]


def test_a_large_file_goes_in() -> None:
    assert len(run("good", b"x" * 5_000_000).text("text")) == 5_000_000


def test_what_a_parser_says_is_said() -> None:
    with pytest.raises(FormatError, match=r"^lead\.pdf is no article\.$"):
        run("refuses", b"lead.pdf")


@pytest.mark.parametrize("function", ["loops", "sleeps"])
def test_a_parser_that_never_ends_is_killed(function: str) -> None:
    start = time.monotonic()
    with pytest.raises(
        FormatError, match=r"^lead\.pdf cannot be read: it took longer than 1 second"
    ):
        run(function, seconds=1)
    assert time.monotonic() - start < 5


@on_linux
def test_a_parser_that_takes_all_memory_is_stopped() -> None:
    with pytest.raises(FormatError, match=r"^lead\.pdf cannot be read: it takes too much memory"):
        run("hogs", seconds=60)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ("raises", DAMAGED),
        ("crashes", DAMAGED),
        ("recurses", DAMAGED),
        ("answers_bytes", DAMAGED),
        ("connects", DAMAGED),
        ("looks_up", DAMAGED),
        ("starts_a_program", DAMAGED),
        ("no_such_function", DAMAGED),
        ("dies", NONSENSE),
        ("answers_a_list", NONSENSE),
        ("floods", TOO_LONG),
        pytest.param("floods_the_disk", TOO_LONG, marks=on_linux),
    ],
)
def test_a_parser_that_went_wrong_is_one_sentence(function: str, sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        run(function)


def test_a_computer_without_room_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(FormatError, match=r"^lead\.pdf cannot be read now: this computer is short"):
        run("good")


def test_a_connection_is_refused_and_not_merely_failing() -> None:
    # Outside the sandbox the name is found, so it is the sandbox that refuses it.
    import socket

    assert socket.getaddrinfo("localhost", 80)
    with pytest.raises(FormatError):
        run("looks_up")


def test_a_parser_sees_nothing_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    answer = run("tells_its_surroundings")
    assert not {"SECRET_KEY", "PYTHONSTARTUP"} & set(answer.texts("environment"))
    assert not {"django", "spacy", "lxml", "trafilatura"} & set(answer.texts("modules"))


@pytest.mark.parametrize(
    "values",
    [{}, {"x": 1}, {"x": None}, {"x": {"y": "z"}}, {"x": [1]}, {"x": [["a"]]}, {"x": [["a", 1]]}],
)
def test_an_answer_of_another_shape_is_nonsense(values: dict[str, object]) -> None:
    answer = Answer(values, "lead.pdf")
    for method in (answer.text, answer.texts, answer.pairs, answer.children):
        with pytest.raises(FormatError, match=NONSENSE):
            method("x")


def test_starting_costs_little() -> None:
    times = []
    for _ in range(3):
        start = time.process_time(), os.times()
        run("good")
        end = os.times()
        times.append(
            end.children_user + end.children_system
            - start[1].children_user - start[1].children_system
        )  # fmt: skip
    assert min(times) < 0.5  # seconds of processor time, whatever else the machine does

"""What people decided about a form, and what that says of a new text."""

import re
import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.domain.memory import (
    Evidence,
    Ground,
    Memory,
    Proposal,
    Words,
    form_of,
    lead_of,
    propose,
)
from annotations.domain.mentions import Mention, MentionState


def known(**forms: str) -> dict[str, Evidence]:
    """Forms by name, with ``GPE+3 PER-1``: confirmed three times, rejected once."""
    found: dict[str, Evidence] = {}
    for form, decisions in forms.items():
        evidence = found[form.replace("_", " ")] = Evidence()
        for label, sign, count in re.findall(r"(\w+?)([+-])(\d+)", decisions):
            counts = evidence.confirmed if sign == "+" else evidence.rejected
            counts[label] += int(count)
    return found


def proposed(
    text: str,
    memory: dict[str, Evidence],
    *machine: tuple[str, str],
    person: str | None = "PER",
) -> list[tuple[str, str, str]]:
    """The proposals as ``(quote, label, ground)``; the machine's are named by their quotes."""
    mentions = [
        Mention(text.index(q), text.index(q) + len(q), label, MentionState.SUGGESTED)
        for q, label in machine
    ]
    tokens = [match.span() for match in re.finditer(r"\w+(?:['’]\w{2,})*|[^\w\s]", text)]
    found = propose(Words(text), tokens, mentions, Memory(memory), person=person)
    return [(text[p.start : p.end], p.label, p.ground.value) for p in found]


def test_without_decisions_the_machine_has_its_say() -> None:
    assert proposed("Ulm slept.", {}, ("Ulm", "GPE")) == [("Ulm", "GPE", "pipeline")]


def test_what_people_confirmed_is_proposed_where_the_machine_is_silent() -> None:
    memory = known(Ulm="GPE+2")
    assert proposed("Fog over Ulm.", memory) == [("Ulm", "GPE", "memory")]


def test_people_know_the_label_better_than_the_machine() -> None:
    memory = known(Ulm="GPE+2 PER-2")
    assert proposed("Ulm slept.", memory, ("Ulm", "PER")) == [("Ulm", "GPE", "memory")]


def test_of_an_ambiguous_form_the_machine_chooses_among_what_people_chose() -> None:
    memory = known(Washington="GPE+6 PER+3")
    for label in ("GPE", "PER"):
        text = "Washington spoke."
        assert proposed(text, memory, ("Washington", label)) == [("Washington", label, "memory")]
    assert proposed("Washington spoke.", memory) == [("Washington", "GPE", "memory")]
    assert proposed("Washington spoke.", memory, ("Washington", "ORG"))[0][1] == "GPE"


def test_what_people_rejected_is_not_proposed_again() -> None:
    assert proposed("May came.", known(May="PER-1"), ("May", "PER")) == []


def test_decisions_that_were_all_taken_back_say_nothing() -> None:
    nothing = {"May": Evidence(Counter(PER=0), Counter(PER=0))}
    assert proposed("May came.", nothing, ("May", "PER")) == [("May", "PER", "pipeline")]
    assert proposed("May came.", nothing) == []


def test_a_form_that_was_rejected_rarely_stays_a_name() -> None:
    assert proposed("May came.", known(May="PER+5 PER-2"), ("May", "PER"))[0][0] == "May"
    assert proposed("May came.", known(May="PER+2 PER-5"), ("May", "PER")) == []


def test_a_label_that_was_corrected_says_nothing_against_the_form() -> None:
    evidence = Evidence(Counter(GPE=2), Counter(PER=2))
    assert (evidence.refused, evidence.is_name, evidence.best("PER")) == (0, True, "GPE")


def test_the_longest_known_form_wins() -> None:
    memory = known(White_House="FAC+3", House="ORG+9")
    text = "Fog over the White House."
    assert proposed(text, memory, ("House", "ORG")) == [("White House", "FAC", "memory")]


def test_an_edge_that_people_moved_is_moved() -> None:
    memory = known(White_House="FAC+1", the_White_House="FAC-1")
    text = "Fog over the White House."
    assert proposed(text, memory, ("the White House", "FAC")) == [("White House", "FAC", "memory")]


def test_a_longer_name_that_nobody_rejected_is_left_whole() -> None:
    text = "The Bank of Ulm opened."
    assert proposed(text, known(Ulm="GPE+9"), ("Bank of Ulm", "ORG")) == [
        ("Bank of Ulm", "ORG", "pipeline")
    ]


def test_capitals_and_possessives_are_the_same_form() -> None:
    memory = known(Oberlund="GPE+1", Ada_Kerr="PER+1")
    assert proposed("FOG OVER OBERLUND", memory) == [("OBERLUND", "GPE", "memory")]
    assert proposed("Oberlund’s mayor, Ada  Kerr's son", memory) == [
        ("Oberlund", "GPE", "memory"),
        ("Ada  Kerr", "PER", "memory"),
    ]
    assert proposed("Oberlund woke.", known(OBERLUND="GPE+1")) == [("Oberlund", "GPE", "memory")]


def test_a_short_word_is_known_in_its_own_case_only() -> None:
    memory = known(US="GPE+9")
    assert proposed("They told us of the US.", memory) == [("US", "GPE", "memory")]
    assert proposed("An oberlund is a boat.", known(Oberlund="GPE+9")) == []


def test_a_form_is_found_as_whole_words_on_one_line() -> None:
    memory = known(Ana="PER+1", Ada_Kerr="PER+1")
    assert proposed("Anatolia. Ada\nKerr", memory) == []


def test_a_form_keeps_its_punctuation() -> None:
    text = "The U.S. and Yahoo! paid $5 at AT&T."
    memory = {form: Evidence(Counter(X=1)) for form in ("U.S.", "Yahoo!", "$5", "AT&T")}
    tokens = [(text.index(form), text.index(form) + len(form)) for form in memory]
    found = propose(Words(text), tokens, [], Memory(memory))
    assert [text[p.start : p.end] for p in found] == list(memory)
    assert proposed("We sat at t and at AT T.", {"AT&T": Evidence(Counter(X=1))}) == []


def test_a_person_named_in_full_is_known_by_the_last_name() -> None:
    text = "Gen. Terrence O'Shaughnessy spoke. “No,” O'Shaughnessy said."
    assert proposed(text, {}, ("Terrence O'Shaughnessy", "PER"))[1:] == [
        ("O'Shaughnessy", "PER", "alias")
    ]
    assert len(proposed(text, {}, ("Terrence O'Shaughnessy", "PER"), person=None)) == 1


def test_initials_stand_for_the_name_that_has_them() -> None:
    text = "The Center for American Progress (CAP) spoke. CAP said so."
    assert proposed(text, {}, ("Center for American Progress", "ORG")) == [
        ("Center for American Progress", "ORG", "pipeline"),
        ("CAP", "ORG", "alias"),
        ("CAP", "ORG", "alias"),
    ]


def test_a_short_form_that_people_rejected_is_no_alias() -> None:
    memory = known(CAP="ORG-1")
    text = "The Center for American Progress spoke. CAP said so."
    assert len(proposed(text, memory, ("Center for American Progress", "ORG"))) == 1


def test_a_form_is_looked_up_by_its_first_two_words() -> None:
    assert lead_of("Center for American Progress") == "center for"
    assert lead_of("ULM") == "ulm"
    assert lead_of("—") == ""
    assert {"ulm", "ulm slept"} <= Words("Ulm slept.").leads()
    assert form_of("the\u00a0White  House’s") == "the White House"
    assert form_of("'s") == "'s"


TEXTS = st.lists(
    st.sampled_from(
        ["Ada", "Kerr", "Kerr's", "ULM", "ulm", "Ulm", "of", "the", ",", "\n", "👩‍👩‍👧", "é"]
    ),
    max_size=25,
).map(" ".join)
EVIDENCE = st.builds(
    Evidence,
    st.dictionaries(st.sampled_from(["PER", "GPE"]), st.integers(1, 3), max_size=2).map(Counter),
    st.dictionaries(st.sampled_from(["PER", "GPE"]), st.integers(1, 3), max_size=2).map(Counter),
)
FORMS = st.dictionaries(
    st.sampled_from(["Ada", "Ada Kerr", "Kerr of Ulm", "Ulm", "the Ulm", "👩‍👩‍👧", "of"]), EVIDENCE
)


@given(TEXTS, FORMS, st.data())
def test_proposals_are_flat_in_order_within_the_text_and_never_what_was_refused(
    text: str, memory: dict[str, Evidence], data: st.DataObject
) -> None:
    tokens = [match.span() for match in re.finditer(r"\S+", text)]
    machine: list[Mention] = []
    if tokens:
        first = data.draw(st.integers(0, len(tokens) - 1))
        last = data.draw(st.integers(first, min(first + 2, len(tokens) - 1)))
        machine.append(Mention(tokens[first][0], tokens[last][1], "PER", MentionState.SUGGESTED))
    found = propose(Words(text), tokens, machine, Memory(memory), person="PER")
    assert all(a.end <= b.start for a, b in pairwise(found))
    for proposal in found:
        assert 0 <= proposal.start < proposal.end <= len(text)
        evidence = memory.get(form_of(text[proposal.start : proposal.end]))
        assert evidence is None or evidence.is_name or not evidence.rejected
        if proposal.ground is Ground.MEMORY:
            assert proposal.score is not None
            assert 0 < proposal.score < 1
            assert "\n" not in text[proposal.start : proposal.end] or machine


def test_a_proposal_becomes_a_suggestion() -> None:
    proposal = Proposal(0, 3, "GPE", Ground.MEMORY, 0.75, "Ulm")
    assert proposal.as_mention() == Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.75)


@pytest.mark.slow
def test_a_long_text_takes_linear_time() -> None:
    def seconds(words: int) -> float:
        text = " ".join(f"Word{i % 997} of Ulm," for i in range(words))
        tokens = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
        memory = Memory({f"Word{i} of": Evidence(Counter(X=1)) for i in range(997)})
        begun = time.process_time()
        propose(Words(text), tokens, [], memory)
        return time.process_time() - begun

    seconds(1000)
    assert seconds(16_000) < 16 * seconds(4_000)

"""Version sets against ``packaging``, operator by operator, on versions of every shape."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from wheelright.resolver import Candidate, Listing
from wheelright.resolver.candidates import (
    Candidates,
    Choice,
    InvalidSpecifierText,
    is_prerelease,
    specifiers_of,
)

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=4).map(lambda n: ".".join(map(str, n)))
public = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(("", "", "", "1!")),
    releases,
    st.sampled_from(("", "", "", "a1", "b2", "rc1")),
    st.sampled_from(("", "", "", ".post1", ".post2")),
    st.sampled_from(("", "", "", ".dev0", ".dev3")),
)
versions = st.builds(str.__add__, public, st.sampled_from(("", "", "", "+local", "+cu121.1")))
parts = st.one_of(
    st.builds(str.__add__, st.sampled_from(("<", "<=", ">", ">=", "~=")), public),
    st.builds(str.__add__, st.sampled_from(("==", "!=", "===")), versions),
    st.builds("{}{}.*".format, st.sampled_from(("==", "!=")), releases),
)
choices = st.builds(Choice, st.booleans(), st.sampled_from(("allow", "if-necessary", "disallow")))


def listing(*texts: str) -> Listing:
    newest_first = sorted(set(map(Version, texts)), reverse=True)
    return Listing("a", tuple(Candidate(str(version)) for version in newest_first))


def texts_of(candidates: Candidates, bits: int) -> set[str]:
    return {candidates.version(bit) for bit in candidates.members(bits)}


@settings(deadline=None, max_examples=400)
@given(st.lists(versions, max_size=12), st.lists(parts, max_size=2), choices)
def test_matching_is_what_packaging_says(
    texts: list[str], specifier: list[str], choice: Choice
) -> None:
    text = ",".join(specifier)
    try:
        expected = SpecifierSet(text)
    except InvalidSpecifier:
        return
    candidates = Candidates(listing(*texts), choice)

    found = texts_of(candidates, candidates.matching(text))

    every = {str(version) for version in set(map(Version, texts))}
    assert found == {one for one in every if expected.contains(one, prereleases=True)}


@given(st.lists(versions, min_size=1, max_size=12))
def test_prereleases_are_told_by_their_letters(texts: list[str]) -> None:
    assert [is_prerelease(t) for t in texts] == [Version(t).is_prerelease for t in texts]


def test_better_candidates_have_higher_bits() -> None:
    candidates = Candidates(listing("1.0", "2.0", "3.0rc1", "1!0.1"), Choice())

    assert [candidates.version(bit) for bit in candidates.members(candidates.any)] == [
        "1!0.1",
        "2.0",
        "1.0",
        "3.0rc1",
    ]


def test_oldest_first_still_prefers_final_releases() -> None:
    candidates = Candidates(listing("1.0", "2.0", "0.9rc1"), Choice(oldest=True))

    assert [candidates.version(bit) for bit in candidates.members(candidates.any)] == [
        "1.0",
        "2.0",
        "0.9rc1",
    ]


def test_prereleases_stand_in_line_where_they_are_allowed() -> None:
    candidates = Candidates(listing("1.0", "2.0", "3.0rc1"), Choice(prereleases="allow"))

    assert candidates.version(candidates.any.bit_length() - 1) == "3.0rc1"


def test_a_yanked_version_is_barred_with_its_reason_unless_pinned() -> None:
    facts = Listing("a", (Candidate("2", yanked="wrong files"), Candidate("1", yanked=True)))

    assert set(Candidates(facts, Choice()).barred.values()) == {"yanked (wrong files)", "yanked"}
    pinned = Candidates(facts, Choice(pinned=frozenset({"2.0"})))
    assert set(pinned.barred.values()) == {"yanked"}


def test_a_specifier_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(InvalidSpecifierText) as caught:
        specifiers_of(">=1.*")

    assert caught.value.message == "invalid version specifier `>=1.*`"

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from support.locks import file, package
from wheelright.lockfile import Archive, InvalidLockError, LocalDirectory
from wheelright.lockfile.choose import NoFile, choose_file, choose_files, no_file_fits
from wheelright.targets import compatible_tags, parse_platform

if TYPE_CHECKING:
    from wheelright.store.file import File


class Ranked:
    """A tag set that accepts the platforms listed, best first, and `any` last."""

    def __init__(self, *platforms: str) -> None:
        self.places = {platform: number for number, platform in enumerate((*platforms, "any"))}

    def rank(self, wheel: Any) -> int | None:
        return min((self.places[p] for p in wheel.platforms if p in self.places), default=None)


def wheels(*tags: str) -> tuple[File, ...]:
    return tuple(file(f"a-1.0-{tag}.whl") for tag in tags)


def test_the_best_wheel_wins_whatever_the_order() -> None:
    for some in permutations(wheels("py3-none-any", "cp312-cp312-new", "cp312-cp312-old")):
        chosen = choose_file(package("a", wheels=some), Ranked("new", "old"))
        assert chosen.name == "a-1.0-cp312-cp312-new.whl"


def test_equal_ranks_are_decided_by_build_tag_then_by_name() -> None:
    some = wheels("cp312-cp312-x", "2-cp312-cp312-x", "10-cp312-cp312-x", "10-cp312-none-x")
    for order in permutations(some):
        chosen = choose_file(package("a", wheels=order), Ranked("x"))
        assert chosen.name == "a-1.0-10-cp312-cp312-x.whl"


def test_the_sdist_is_the_way_out() -> None:
    entry = package("a", wheels=wheels("cp312-cp312-x"), sdist=file("a-1.0.tar.gz"))
    assert choose_file(entry, Ranked("y")) == entry.sdist
    assert choose_file(entry, Ranked("x"), no_binary=True) == entry.sdist
    assert choose_file(entry, Ranked("y"), no_build=True) == NoFile(entry, "build")
    assert choose_file(entry, Ranked("x"), no_build=True) == entry.wheels[0]


def test_nothing_fits() -> None:
    entry = package("a", wheels=wheels("cp312-cp312-x"))
    assert choose_file(entry, Ranked("y")) == NoFile(entry, "unfit")
    assert choose_file(entry, Ranked("x"), no_binary=True) == NoFile(entry, "binary")


def test_a_wheel_of_another_project_is_refused() -> None:
    with pytest.raises(InvalidLockError) as caught:
        choose_file(package("b", wheels=wheels("py3-none-any")), Ranked())
    assert str(caught.value) == (
        "`a-1.0-py3-none-any.whl` is locked as a wheel of `b`, which it is not"
    )


def test_all_failures_are_found_at_once() -> None:
    fits = package("fits")
    direct = package("direct", archive=Archive(file("direct.zip")))
    tree = package("tree", None, directory=LocalDirectory("."))
    unfit = package("a", wheels=wheels("cp312-cp312-x"))
    source = package("b", sdist=file("b-1.0.tar.gz"))
    files, failures = choose_files(
        [fits, direct, tree, unfit, source], Ranked("y"), no_build=lambda name: name == "b"
    )
    assert files == {"fits": fits.wheels[0], "direct": file("direct.zip")}
    assert failures == [NoFile(unfit, "unfit"), NoFile(source, "build")]
    error = no_file_fits(
        failures,
        "`x86_64-manylinux_2_17` and Python 3.12",
        hints=["choose an older version"],
    )
    assert str(error) == (
        "2 locked packages have no file for `x86_64-manylinux_2_17` and Python 3.12"
    )
    assert error.details == (
        "`a` 1.0 has no wheel that fits and no sdist",
        "`b` 1.0 has no wheel that fits, and its sdist may not be built",
    )
    assert error.hints == ("choose an older version",)


def test_one_failure_is_named_in_the_message() -> None:
    failure = NoFile(package("a", wheels=wheels("py3-none-any")), "binary")
    error = no_file_fits([failure], "Windows")
    assert str(error) == "the locked `a` 1.0 has no file for Windows"
    assert error.details == ("`a` 1.0 has no sdist, and its wheels may not be used",)


def test_the_nearest_wheel_is_told() -> None:
    tags = compatible_tags(parse_platform("x86_64-manylinux_2_17"), (3, 12))
    wheels = (
        file("pyzmq-27.1.0-cp312-cp312-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl"),
        file("pyzmq-27.1.0-cp312-cp312-win_amd64.whl"),
    )
    failure = choose_file(package("pyzmq", "27.1.0", wheels=wheels), tags)
    assert isinstance(failure, NoFile)
    error = no_file_fits([failure], "`x86_64-manylinux_2_17` (glibc 2.17)", tags=tags)
    assert str(error) == (
        "the locked `pyzmq` 27.1.0 has no file for `x86_64-manylinux_2_17` (glibc 2.17)"
    )
    assert error.details == (
        (
            "`pyzmq` 27.1.0 has no wheel that fits and no sdist:"
            " its wheels need glibc 2.26 or newer"
            " (nearest: cp312-manylinux_2_26_x86_64)"
        ),
    )

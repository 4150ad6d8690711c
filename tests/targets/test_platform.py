from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.platforms import platforms
from wheelright.targets import (
    WELL_KNOWN_NAMES,
    Platform,
    UnknownPlatform,
    compatible_tags,
    parse_platform,
)

GLIBC_228 = ("glibc", (2, 28))

MEANINGS = {
    # What uv 0.13 takes for the same names.
    "windows": Platform("windows", "x86_64"),
    "linux": Platform("linux", "x86_64", *GLIBC_228),
    "macos": Platform("macos", "arm64", None, (13, 0)),
    "x86_64-pc-windows-msvc": Platform("windows", "x86_64"),
    "aarch64-pc-windows-msvc": Platform("windows", "arm64"),
    "i686-pc-windows-msvc": Platform("windows", "x86"),
    "x86_64-unknown-linux-gnu": Platform("linux", "x86_64", *GLIBC_228),
    "aarch64-unknown-linux-gnu": Platform("linux", "aarch64", *GLIBC_228),
    "aarch64-apple-darwin": Platform("macos", "arm64", None, (13, 0)),
    "x86_64-apple-darwin": Platform("macos", "x86_64", None, (13, 0)),
    "aarch64-unknown-linux-musl": Platform("linux", "aarch64", "musl", (1, 2)),
    "x86_64-unknown-linux-musl": Platform("linux", "x86_64", "musl", (1, 2)),
    "riscv64-unknown-linux": Platform("linux", "riscv64", "glibc", (2, 39)),
    "x86_64-manylinux2014": Platform("linux", "x86_64", "glibc", (2, 17)),
    "x86_64-manylinux_2_31": Platform("linux", "x86_64", "glibc", (2, 31)),
    "aarch64-manylinux_2_40": Platform("linux", "aarch64", "glibc", (2, 40)),
    "aarch64-linux-android": Platform("android", "aarch64", None, (24, 0)),
    "x86_64-linux-android": Platform("android", "x86_64", None, (24, 0)),
    "wasm32-pyodide2024": Platform("pyodide", "wasm32", None, (2024, 0)),
    "arm64-apple-ios": Platform("ios", "arm64", None, (13, 0)),
    "arm64-apple-ios-simulator": Platform("ios", "arm64", None, (13, 0), simulator=True),
    "x86_64-apple-ios-simulator": Platform("ios", "x86_64", None, (13, 0), simulator=True),
    # What it does not take.
    "x86_64-manylinux_2_27": Platform("linux", "x86_64", "glibc", (2, 27)),
    "manylinux_2_28_x86_64": Platform("linux", "x86_64", *GLIBC_228),
    "manylinux2014_aarch64": Platform("linux", "aarch64", "glibc", (2, 17)),
    "manylinux1_i686": Platform("linux", "i686", "glibc", (2, 5)),
    "manylinux2010_x86_64": Platform("linux", "x86_64", "glibc", (2, 12)),
    "musllinux_1_1_armv7l": Platform("linux", "armv7l", "musl", (1, 1)),
    "ppc64le-manylinux_2_28": Platform("linux", "ppc64le", *GLIBC_228),
    "s390x-manylinux_2_28": Platform("linux", "s390x", *GLIBC_228),
    "riscv64-unknown-linux-musl": Platform("linux", "riscv64", "musl", (1, 2)),
    "loongarch64-manylinux_2_38": Platform("linux", "loongarch64", "glibc", (2, 38)),
    "linux-aarch64": Platform("linux", "aarch64", *GLIBC_228),
    "musl": Platform("linux", "x86_64", "musl", (1, 2)),
    "macos-14-arm64": Platform("macos", "arm64", None, (14, 0)),
    "macos-12.3-x86_64": Platform("macos", "x86_64", None, (12, 3)),
    "macos-aarch64": Platform("macos", "arm64", None, (13, 0)),
    "macosx_10_9_x86_64": Platform("macos", "x86_64", None, (10, 9)),
    "win_amd64": Platform("windows", "x86_64"),
    "win32": Platform("windows", "x86"),
    "windows-ARM64": Platform("windows", "arm64"),
    " Linux ": Platform("linux", "x86_64", *GLIBC_228),
    "ios_15_4_arm64_iphonesimulator": Platform("ios", "arm64", None, (15, 4), simulator=True),
    "android_21_arm64_v8a": Platform("android", "aarch64", None, (21, 0)),
}


@pytest.mark.parametrize("name", MEANINGS)
def test_meaning_of_a_name(name: str) -> None:
    assert parse_platform(name) == MEANINGS[name]


@pytest.mark.parametrize("name", WELL_KNOWN_NAMES)
def test_every_listed_name_is_known(name: str) -> None:
    assert str(parse_platform(str(parse_platform(name)))) == str(parse_platform(name))


LINUX_ARCHES = (
    "x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64", "loongarch64",
)  # fmt: skip


@pytest.mark.parametrize("arch", LINUX_ARCHES)
def test_every_number_of_every_libc_has_a_name(arch: str) -> None:
    oldest = 5 if arch in {"x86_64", "i686"} else 17
    for family, tag, major, minors in (
        ("glibc", "manylinux", 2, range(oldest, 60)),
        ("musl", "musllinux", 1, range(1, 6)),
    ):
        for minor in minors:
            found = parse_platform(f"{arch}-{tag}_{major}_{minor}")
            assert found == Platform("linux", arch, family, (major, minor))  # type: ignore[arg-type]
            assert found == parse_platform(f"{tag}_{major}_{minor}_{arch}")
            assert str(found) == f"{arch}-{tag}_{major}_{minor}"
            assert found.describe() == f"{family} {major}.{minor}, {arch}"
            assert (
                compatible_tags(found, (3, 12)).platform_tags[0] == f"{tag}_{major}_{minor}_{arch}"
            )
            assert f"linux_{arch}" not in compatible_tags(found, (3, 12)).platform_tags
            assert (
                f"{tag}_{major}_{minor + 1}_{arch}"
                not in compatible_tags(found, (3, 12)).platform_tags
            )


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_every_macos_has_a_name(arch: str) -> None:
    for version in range(11, 30):
        found = parse_platform(f"macos-{version}-{arch}")
        assert found == Platform("macos", arch, None, (version, 0))
        assert found == parse_platform(f"macosx_{version}_0_{arch}")
        tags = compatible_tags(found, (3, 12)).platform_tags
        assert tags[0] == f"macosx_{version}_0_{arch}"
        assert f"macosx_{version + 1}_0_{arch}" not in tags
        assert "macosx_11_0_universal2" in tags
    for minor in range(4, 17):
        found = parse_platform(f"macos-10.{minor}-x86_64")
        assert found == Platform("macos", "x86_64", None, (10, minor))
        assert compatible_tags(found, (3, 12)).platform_tags[0] == f"macosx_10_{minor}_x86_64"


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("windows", "win_amd64"),
        ("windows-x86_64", "win_amd64"),
        ("windows-arm64", "win_arm64"),
        ("windows-x86", "win32"),
        ("i686-pc-windows-msvc", "win32"),
    ],
)
def test_windows_has_one_tag(name: str, tag: str) -> None:
    assert compatible_tags(parse_platform(name), (3, 12)).platform_tags == (tag,)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("x86_64-manylinux_2_17", "glibc 2.17, x86_64"),
        ("musllinux_1_2_aarch64", "musl 1.2, aarch64"),
        ("macos-14-arm64", "macOS 14, arm64"),
        ("macos-12.3-x86_64", "macOS 12.3, x86_64"),
        ("windows", "Windows, x86_64"),
        ("x86_64-linux-unknown", "Linux of unknown libc, x86_64"),
        ("arm64-apple-ios-simulator", "iOS 13, arm64 simulator"),
    ],
)
def test_words_for_people(name: str, words: str) -> None:
    assert parse_platform(name).describe() == words


@given(platforms())
def test_the_canonical_name_is_read_back(platform: Platform) -> None:
    assert parse_platform(str(platform)) == platform


@given(st.text(max_size=40) | st.from_regex(r"[a-z0-9_]{1,9}[-_][a-z0-9_.-]{1,20}", fullmatch=True))
def test_anything_else_is_an_unknown_platform(name: str) -> None:
    try:
        platform = parse_platform(name)
    except UnknownPlatform as error:
        assert error.message == f"No platform is named `{name}`"  # noqa: PT017
    else:
        assert parse_platform(str(platform)) == platform


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x86_64-manylinux_3_1",
        "x86_64-musllinux_2_0",
        "macos-10.15-arm64",
        "macos-9-x86_64",
        "macos-14-ppc64le",
        "windows-s390x",
        "manylinux_2_28",
        "x86_64-manylinux_2_99999",
        "macosx_11_0_universal2",
        "x86_64-apple-ios",
        "x86_64-manylinux_2_\uff11\uff17",
    ],
)
def test_what_never_was_is_unknown(name: str) -> None:
    with pytest.raises(UnknownPlatform):
        parse_platform(name)


def test_an_unknown_name_shows_the_nearest_and_the_patterns() -> None:
    with pytest.raises(UnknownPlatform) as caught:
        parse_platform("x86_64-manlinux_2_17")
    assert caught.value.message == "No platform is named `x86_64-manlinux_2_17`"
    assert caught.value.hints == (
        "Nearest names: `x86_64-manylinux_2_17`, `x86_64-manylinux_2_34`, `x86_64-manylinux_2_28`",
        (
            "Any version can be named: `ARCH-manylinux_2_N`, `ARCH-musllinux_1_N`, `macos-N-ARCH`, "
            "`windows-ARCH`"
        ),
    )
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "environ", "floor"),
    [
        ("macos", {"MACOSX_DEPLOYMENT_TARGET": "11.0"}, (11, 0)),
        ("x86_64-apple-darwin", {"MACOSX_DEPLOYMENT_TARGET": "10.15"}, (10, 15)),
        ("macos-14-arm64", {"MACOSX_DEPLOYMENT_TARGET": "11.0"}, (14, 0)),
        ("macos", {"MACOSX_DEPLOYMENT_TARGET": "new"}, (13, 0)),
        ("aarch64-linux-android", {"ANDROID_API_LEVEL": "30"}, (30, 0)),
        ("linux", {"MACOSX_DEPLOYMENT_TARGET": "11.0"}, (2, 28)),
    ],
)
def test_deployment_variables_fill_in_a_floor_that_the_name_leaves_open(
    name: str, environ: dict[str, str], floor: tuple[int, int]
) -> None:
    assert parse_platform(name, environ).floor == floor

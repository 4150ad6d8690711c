"""Requirements: `packaging` says what is one, and what it asks for."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as PackagingRequirement
from packaging.utils import canonicalize_name

from wheelright.project import BadValue
from wheelright.project.requirement import parse_requirement
from wheelright.targets.specifiers import SpecifierSet

SPACE = st.sampled_from(["", " ", "  "])
NAMES = st.sampled_from(["a", "A.b", "a_-b", "-a", "a-", "", "3d", "a b"])
EXTRAS = st.sampled_from(["", "[]", "[x]", "[ x , Y_z ]", "[x,]", "[x"])
SPECIFIERS = st.sampled_from(
    ["", ">=1", "== 1.*", ">=1,<2", "~=1", "~=1.2", "<1.*", ">=1,", "=1", "(>=1)", "!=1.0.post1"]
)
URLS = st.sampled_from(["", "@ https://example.org/a.whl", "@https://example.org/a;b", "@"])
MARKERS = st.sampled_from(
    [
        "",
        ";",
        "; python_version >= '3.9'",
        ";python_version>='3.9' and (os_name == \"nt\" or extra == 'x')",
        "; (os_name == 'nt')",
        "; extra == 'A_b'",
        "; os_name",
        "; 'linux' in sys_platform",
        "; os_name == 'nt' ; os_name == 'nt'",
        "; os_name == 'nt' or",
    ]
)
TEXTS = st.tuples(SPACE, NAMES, SPACE, EXTRAS, SPACE, SPECIFIERS, SPACE, URLS, SPACE, MARKERS).map(
    "".join
)


def as_packaging_reads(text: str) -> PackagingRequirement | None:
    try:
        return PackagingRequirement(text)
    except InvalidRequirement:
        return None


@given(TEXTS)
@example("a ; os_name == 'nt'")
@example("a>=1;os_name=='nt'")
@example("a @ https://example.org/a;b ; os_name == 'nt'")
def test_what_is_asked_for(text: str) -> None:
    expected = as_packaging_reads(text)
    if expected is None:
        with pytest.raises(BadValue, match="is not a valid requirement"):
            parse_requirement(text)
        return
    found = parse_requirement(text)
    assert found.name == canonicalize_name(expected.name)
    assert found.extras == tuple(sorted({canonicalize_name(extra) for extra in expected.extras}))
    assert found.specifier == SpecifierSet(str(expected.specifier))
    assert (found.url, found.text) == (expected.url, text)
    assert str(found.marker) == str(expected.marker)


def test_plain_ones_need_no_packaging() -> None:
    wish = """A_b[x] >= 1, <2 ; python_version >= "3.9" and os_name != 'nt'"""
    program = (
        "import sys; from wheelright.project.requirement import parse_requirement;"
        " one = parse_requirement(sys.argv[1]);"
        " assert one.marker.evaluate({'python_version': '3.12', 'os_name': 'posix'});"
        " print('packaging' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, wish],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"

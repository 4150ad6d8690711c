"""Random marker trees and environments, and what ``packaging`` says of the one in the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from support.worlds import Place
from wheelright.resolver.markers import All, Atom, MarkerTree, Some, holds

if TYPE_CHECKING:
    from collections.abc import Mapping

words = st.sampled_from(("linux", "win32", "darwin", "posix", "nt", "x86_64", "Linux", "other"))
pythons = st.sampled_from(("3", "3.8", "3.9", "3.10", "3.11.2", "2.7", "4"))
versions_op = st.sampled_from(("==", "!=", "<", "<=", ">", ">=", "~="))
strings = st.builds(
    Atom,
    st.sampled_from(("sys_platform", "os_name", "platform_machine", "platform_system")),
    st.sampled_from(("==", "!=", "in", "not in")),
    words,
    st.just(value=False),
)
swapped = st.builds(
    Atom, st.just("sys_platform"), st.sampled_from(("in", "not in")), words, st.just(value=True)
)
numbers = st.builds(
    Atom,
    st.sampled_from(("python_version", "python_full_version", "implementation_version")),
    versions_op,
    pythons,
)
lists = st.builds(
    Atom, st.just("python_version"), st.sampled_from(("in", "not in")), st.just("3.8, 3.10 3.11")
)
atoms_ = st.one_of(strings, swapped, numbers, lists)
trees: st.SearchStrategy[MarkerTree] = st.recursive(
    atoms_,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Some(tuple(parts))),
    ),
    max_leaves=5,
)
places = st.builds(
    Place,
    st.sampled_from(("3.8.0", "3.9.17", "3.10.4", "3.11.2", "3.11.3", "3.13.0")),
    st.sampled_from(("linux", "darwin", "win32", "plan9")),
    st.sampled_from(("posix", "nt", "plan9")),
)


def text_of(tree: MarkerTree) -> str:
    if isinstance(tree, Atom):
        return str(tree)
    joint = " and " if isinstance(tree, All) else " or "
    return joint.join(f"({text_of(part)})" for part in tree.parts)


def truth(tree: MarkerTree, values: Mapping[str, str]) -> bool:
    if isinstance(tree, Atom):
        return holds(tree, values)
    every = [truth(part, values) for part in tree.parts]
    return all(every) if isinstance(tree, All) else any(every)

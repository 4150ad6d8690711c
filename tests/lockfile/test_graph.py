from __future__ import annotations

from support.locks import LINUX, WINDOWS, file, lock, package
from wheelright.lockfile import Edge, Lock, LockInputs
from wheelright.lockfile.graph import Graph, Node, dependency_graph


def sample() -> Lock:
    return lock(
        package(
            "flask",
            requires=(
                "click>=8",
                'rich<14; extra == "colour"',
                "colorama; sys_platform == 'win32'",
            ),
            dependencies=(Edge("click"), Edge("rich"), Edge("colorama")),
            extras=("colour",),
        ),
        package("click", requires=("colorama; sys_platform == 'win32'",)),
        package("colorama", marker="sys_platform == 'win32'"),
        package("rich", "13.0"),
        package("numpy", "1.26", marker="python_version < '3.12'"),
        package("numpy", "2.0", marker="python_version >= '3.12'"),
        package("pandas", requires=("numpy",), dependencies=(Edge("numpy", "2.0"),)),
        package("pytest", marker="'dev' in dependency_groups"),
        inputs=LockInputs(
            project="app",
            requirements=(
                "flask",
                "numpy<2; python_version < '3.12'",
                "numpy>=2; python_version >= '3.12'",
                "pandas",
            ),
            extras={"web": ("flask[colour]",)},
            groups={"dev": ("pytest", "app[web]")},
        ),
        extras=("web",),
        groups=("dev",),
    )


def drawn(graph: Graph) -> list[str]:
    def name(node: Node) -> str:
        extras = f"[{','.join(node.extras)}]" if node.extras else ""
        return f"{node.name}{extras} {node.version}" if node.version else f"{node.name}{extras}"

    return [
        f"{name(arrow.source)} -> {name(arrow.target)}"
        + (f" if {arrow.marker}" if arrow.marker else "")
        + (f" ({arrow.extra or arrow.group})" if arrow.extra or arrow.group else "")
        for arrow in graph.arrows
    ]


def test_of_one_environment() -> None:
    assert drawn(dependency_graph(sample(), LINUX)) == [
        "app -> flask 1.0",
        "app -> numpy 2.0 if python_version >= '3.12'",
        "app -> pandas 1.0",
        "flask 1.0 -> click 1.0",
        "pandas 1.0 -> numpy 2.0",
    ]
    assert "click 1.0 -> colorama 1.0 if sys_platform == 'win32'" in drawn(
        dependency_graph(sample(), WINDOWS)
    )


def test_of_all_environments() -> None:
    assert drawn(dependency_graph(sample(), None)) == [
        "app -> flask 1.0",
        "app -> numpy 1.26 if python_version < '3.12'",
        "app -> numpy 2.0 if python_version >= '3.12'",
        "app -> pandas 1.0",
        "click 1.0 -> colorama 1.0 if sys_platform == 'win32'",
        "flask 1.0 -> click 1.0",
        "flask 1.0 -> colorama 1.0 if sys_platform == 'win32'",
        "pandas 1.0 -> numpy 2.0",
    ]


def test_extras_are_nodes_of_their_own() -> None:
    graph = dependency_graph(sample(), LINUX, ["web"])
    assert "app -> flask[colour] 1.0 (web)" in drawn(graph)
    assert "flask[colour] 1.0 -> rich 13.0" in drawn(graph)
    assert "flask 1.0 -> rich 13.0" not in drawn(graph)


def test_only_groups_and_the_project_in_them() -> None:
    assert drawn(dependency_graph(sample(), LINUX, (), ["dev"], project=False)) == [
        "app -> app[web] (dev)",
        "app -> pytest 1.0 (dev)",
        "app[web] -> flask 1.0",
        "app[web] -> flask[colour] 1.0",
        "app[web] -> numpy 2.0 if python_version >= '3.12'",
        "app[web] -> pandas 1.0",
        "flask 1.0 -> click 1.0",
        "flask[colour] 1.0 -> click 1.0",
        "flask[colour] 1.0 -> rich 13.0",
        "pandas 1.0 -> numpy 2.0",
    ]


def test_both_ways() -> None:
    graph = dependency_graph(sample(), LINUX)
    numpy = Node("numpy", "2.0")
    assert [arrow.source.name for arrow in graph.parents(numpy)] == ["app", "pandas"]
    assert [arrow.requirement for arrow in graph.parents(numpy)] == [
        "numpy>=2; python_version >= '3.12'",
        "numpy",
    ]
    assert [arrow.target for arrow in graph.children(Node("pandas", "1.0"))] == [numpy]
    assert graph.children(numpy) == ()
    assert graph.root == Node("app")
    assert graph.nodes[0] == graph.root


def test_cycles_end() -> None:
    some = lock(
        package("a", requires=("b",)),
        package("b", requires=("a",)),
        inputs=LockInputs(project="app", requirements=("a",)),
    )
    assert drawn(dependency_graph(some, LINUX)) == [
        "a 1.0 -> b 1.0",
        "app -> a 1.0",
        "b 1.0 -> a 1.0",
    ]


def test_a_foreign_lock_is_drawn_from_its_dependencies() -> None:
    some = lock(
        package("a", dependencies=(Edge("b", "2.0"),)),
        package("b", "1.0", wheels=(file("b-1.0-py3-none-any.whl"),)),
        package("b", "2.0"),
        inputs=None,
    )
    assert drawn(dependency_graph(some, None)) == [" -> a 1.0", " -> b 1.0", "a 1.0 -> b 2.0"]

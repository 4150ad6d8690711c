from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from wheelright.builder.log import HEAD_LINES, TAIL_LINES, first_error, read_log

if TYPE_CHECKING:
    from pathlib import Path


def test_it_starts_at_the_first_error() -> None:
    log = """
running build_ext
gcc -Werror=format-security -c a.c
a.c:1:10: fatal error: ffi.h: No such file or directory
compilation terminated.
error: command 'gcc' failed with exit code 1

"""

    assert first_error(log) == (
        "a.c:1:10: fatal error: ffi.h: No such file or directory",
        "compilation terminated.",
        "error: command 'gcc' failed with exit code 1",
    )


def test_without_an_error_the_end_is_shown() -> None:
    log = "\n".join(f"line {number}" for number in range(100))

    assert first_error(log) == tuple(f"line {number}" for number in range(100 - HEAD_LINES, 100))


def test_a_long_rest_is_cut_in_the_middle() -> None:
    log = "error: it began\n" + "\n".join(f"line {number}" for number in range(1, 100))

    shown = first_error(log)

    assert shown[0] == "error: it began"
    assert shown[HEAD_LINES] == f"... {100 - HEAD_LINES - TAIL_LINES} lines ..."
    assert shown[-1] == "line 99"
    assert len(shown) == HEAD_LINES + 1 + TAIL_LINES


def test_a_rest_that_just_fits_is_whole() -> None:
    log = "error: it began\n" + "\n".join(str(n) for n in range(HEAD_LINES + TAIL_LINES))

    assert first_error(log) == tuple(log.splitlines())


def test_frames_of_ours_are_left_out() -> None:
    log = dedent(
        """\
        Traceback (most recent call last):
          File "<frozen runpy>", line 198, in _run_module_as_main
          File "/x/wheelright/builder/logged.py", line 25, in main
            runpy.run_path(sys.argv[0], run_name="__main__")
          File "/x/pyproject_hooks/_in_process/_in_process.py", line 389, in main
            json_out["return_val"] = hook(**hook_input["kwargs"])
                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          File "/x/setup.py", line 3, in <module>
            import nothing
        ModuleNotFoundError: No module named 'nothing'
        """
    )

    assert first_error(log) == (
        "Traceback (most recent call last):",
        '  File "/x/setup.py", line 3, in <module>',
        "    import nothing",
        "ModuleNotFoundError: No module named 'nothing'",
    )


def test_nothing_said_is_nothing_shown(tmp_path: Path) -> None:
    assert first_error("") == ()
    assert read_log(tmp_path / "never-written") == ""


def test_bytes_that_are_no_text_are_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"error: \xff\n")

    assert read_log(tmp_path / "log") == "error: \ufffd\n"

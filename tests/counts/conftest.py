"""Every count is taken with a workbench of its own."""

from support.benches import bench, known_pythons

__all__ = ["bench", "known_pythons"]

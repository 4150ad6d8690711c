"""Every scenario plays on a workbench of its own."""

from support.benches import bench, known_pythons

__all__ = ["bench", "known_pythons"]

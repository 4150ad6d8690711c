"""The only place that prints: progress, summaries, tables, trees, documents and errors.

Must live here: everything that decides how an outcome or an error looks, for people (text) and
for programs (JSON documents with a ``schema`` number), colours, and the live progress display.
Must not live here: decisions about the work itself, options (``cli``), and wording that belongs
to one capability (it raises errors and returns reasons as plain text).
What else changes with it: an outcome in ``workflows.outcomes`` that gains a field is shown here;
a document that loses or renames a field raises ``documents.SCHEMA``.

stdout is data, stderr is talk. ``rich`` is imported by ``progress`` alone, and late.
"""

from wheelright.console.screen import OutputClosed, Screen
from wheelright.console.style import Style, wants_color

__all__ = ["OutputClosed", "Screen", "Style", "wants_color"]

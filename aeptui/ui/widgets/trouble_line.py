"""What went wrong and what to do, in a few lines that stay while it is so. Beside the toast, not instead of it."""

from __future__ import annotations

from aeptui.errors import AeptuiError
from aeptui.ui.widgets.glyphs import glyph
from aeptui.ui.widgets.text_lines import line
from aeptui.ui.widgets.text_view import TextView


class TroubleLine(TextView):
    """Nothing, or an error."""

    DEFAULT_CSS = """
    TroubleLine { display: none; height: auto; }
    TroubleLine.-told { display: block; }
    """

    def __init__(self, id: str | None = "trouble") -> None:
        super().__init__(id=id, can_focus=False, most=4)

    def tell(self, error: AeptuiError | None) -> bool:
        """Show this error, or none. Answers whether it says something new: then a toast is due too."""
        before = self.text
        lines = []
        if error is not None:
            lines.append(line(f"{glyph('fail')} {error.title}", "error"))
            if error.hint:
                lines.append(line(f"  {error.hint}"))
        self.set_class(error is not None, "-told")
        self.show(lines)
        return error is not None and self.text != before

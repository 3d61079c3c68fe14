from __future__ import annotations

from scp_events.case_file.words import plain


def test_text_cannot_give_a_terminal_orders() -> None:
    assert "\x1b" not in plain("\x1b[2J\x9b31m")
    assert "\u202e" not in plain("\u202etxt")
    assert plain("two\nlines\tand  more") == "two lines and more"

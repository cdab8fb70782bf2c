"""What others wrote is shown on a terminal and never obeyed."""

import unicodedata

import pytest

from dropbox.workstation.terminal import columns, line, paragraphs, size, table, visible


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb", "a\\x0db"),
        ("a\r\nb", "a\nb"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\u2028", "\\u2028"),
        ("\ue000", "\\ue000"),
        ("\U000e0041", "\\U000e0041"),
        ("\x00\x07\x7f", "\\x00\\x07\\x7f"),
        ("a\tb", "a    b"),
        ("\u06cc\u200c\u0647", "\u06cc\u200c\u0647"),
    ],
)
def test_nothing_that_a_terminal_obeys_reaches_it(hostile: str, shown: str) -> None:
    assert visible(hostile) == shown


def test_no_character_of_all_unicode_is_a_control_once_visible() -> None:
    everything = "".join(chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000)
    left = {character for character in visible(everything) if unicodedata.category(character) in ("Cc", "Cf", "Co")}
    assert left == {"\n", "\u200c", "\u200d"}


def test_a_name_with_a_line_end_stays_on_its_line() -> None:
    assert line("a\nb\r\nc") == "a\\nb\\r\\nc"


def test_long_lines_are_wrapped_and_empty_ones_kept() -> None:
    lines = paragraphs("word " * 40 + "\n\nend", 60, "  ")
    assert all(len(each) <= 60 for each in lines)
    assert all(each.startswith("  ") for each in lines if each)
    assert lines[-2:] == ["", "  end"]


def test_a_table_keeps_its_columns_with_wide_and_combining_characters() -> None:
    rows = [("会議", "1"), ("e\u0301", "10")]
    lines = table(("NAME", "N"), rows, right=(1,))
    assert {columns(each) for each in lines} == {8}


def test_sizes_read_as_people_say_them() -> None:
    assert [size(n) for n in (0, 1, 1023, 1024, 5 << 20, 3 << 30)] == [
        "0 bytes",
        "1 byte",
        "1023 bytes",
        "1.0 KiB",
        "5.0 MiB",
        "3.0 GiB",
    ]

"""Every limit of a file of edits, stated once; `docs/editing.md` lists them.

A file comes from a person, and may have been made to do harm: a few kilobytes can unpack to gigabytes, name row
4,000,000,000, or hold a million cells in one row. The reader checks these limits as it goes, so that most such files
are refused in words that say which one; the limits of its process (`file_process`) hold for whatever it overlooks.
"""

from __future__ import annotations

from typing import Final

from emagsync.edits.change_request import MOST_ROWS

MIB: Final = 1024 * 1024

# The file as it is sent. EMAGSYNC_SERVER__MAX_BODY_BYTES, which the server checks before, is less by default.
MOST_FILE_BYTES: Final = 20 * MIB

# What rows and columns a table of edits has: filled rows without that of the headings, and filled columns.
MOST_FILLED_ROWS: Final = MOST_ROWS
MOST_COLUMNS: Final = 200
# The characters of one cell that is used, and how many of them a message repeats. XLSX itself allows 32,767.
MOST_CELL_CHARACTERS: Final = 300
MOST_QUOTED_CHARACTERS: Final = 40
# The characters of a cell that a preview repeats.
MOST_SHOWN_CHARACTERS: Final = 60

# Of an XLSX file: its parts, what one of them and all that are read come to when unpacked, ...
MOST_PARTS: Final = 2_000
MOST_PART_BYTES: Final = 48 * MIB
MOST_UNPACKED_BYTES: Final = 64 * MIB
# ... the XML elements in all that is read, how deep they nest, how long a tag is, the sheets, the shared strings and
# the number formats.
MOST_ELEMENTS: Final = 2_000_000
MOST_DEPTH: Final = 40
MOST_TAG_BYTES: Final = 256 * 1024
MOST_SHEETS: Final = 100
MOST_STRINGS: Final = 300_000
MOST_FORMATS: Final = 65_536
# The last row and column that a spreadsheet has (1048576 and XFD).
LAST_ROW: Final = 1_048_576
LAST_COLUMN: Final = 16_384

# The process that reads a file: its private memory, its CPU time and how long it may take by the clock, the bytes
# that it may answer with, how many there are at once, and how long a file waits for its turn.
MOST_MEMORY_BYTES: Final = 160 * MIB
MOST_CPU_SECONDS: Final = 8
MOST_SECONDS: Final = 10.0
MOST_ANSWER_BYTES: Final = 48 * MIB
MOST_AT_ONCE: Final = 2
MOST_SECONDS_IN_LINE: Final = 30.0

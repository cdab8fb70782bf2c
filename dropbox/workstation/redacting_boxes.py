"""Where a page is covered: rectangles in thousandths of the page, so that they fit a picture of any size."""

from dataclasses import dataclass

from dropbox.errors import InvalidValue

WHOLE = 1000
MAX_PAGE = 1000


@dataclass(frozen=True)
class Box:
    """One rectangle on a page (from 1); x and y are its upper left corner, all but the page in thousandths."""

    page: int
    x: int
    y: int
    width: int
    height: int

    def __post_init__(self) -> None:
        inside = 0 <= self.x < self.x + self.width <= WHOLE and 0 <= self.y < self.y + self.height <= WHOLE
        if not inside or not 1 <= self.page <= MAX_PAGE:
            raise InvalidValue

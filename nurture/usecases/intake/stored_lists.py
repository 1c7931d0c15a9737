"""Lists that people bring, kept in the database, where every host reads them piece by piece."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from typing import IO, Literal, TypeVar

from nurture import leads
from nurture.kernel.errors import Conflict
from nurture.kernel.work import Work, Works
from nurture.leads import PIECE, FileForm

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredList:
    """A list in the database; as good as a file for whoever reads it."""

    works: Works
    file_id: int

    def open(self, mode: Literal["rb"], /) -> BufferedReader:
        """Begin to read; nothing but one piece is ever in memory."""
        del mode
        with self.works.read("import") as work:
            size = leads.file_size(work, self.file_id)
        if size is None:
            raise _gone()
        return BufferedReader(_ListChunks(self.works, self.file_id, size), buffer_size=65_536)


def store(
    works: Works,
    blocks: Iterable[bytes],
    *,
    form: FileForm,
    actor: str,
    then: Callable[[Work, int], T],
) -> T:
    """Keep a file, a short transaction for each piece; `then` says in the last one whose it is.

    Whoever dies in between leaves a half file that belongs to nothing, and the sweep deletes it.
    """
    with works.begin(actor) as work:
        file_id = leads.open_file(work, form)
    size = 0
    for number, content in enumerate(_pieces(blocks)):
        with works.begin(actor) as work:
            leads.add_piece(work, file_id, number, content)
        size += len(content)
    with works.begin(actor) as work:
        leads.close_file(work, file_id, size=size)
        return then(work, file_id)


def blocks_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Read a stream to its end."""
    while block := stream.read(PIECE):
        yield block


def forget(works: Works) -> int:
    """Delete the lists that nobody needs any more, in short transactions; count the rows."""
    total = 0
    while True:
        with works.begin("tick") as work:
            done = leads.forget_files(work)
        if not done:
            return total
        total += done


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut at the same length, so that every place of a file is found without looking."""
    waiting = bytearray()
    for block in blocks:
        waiting += block
        while len(waiting) >= PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    if waiting:
        yield bytes(waiting)


class _ListChunks(RawIOBase):
    """Read a kept file; each piece in a short reading transaction of its own."""

    def __init__(self, works: Works, file_id: int, size: int) -> None:
        self._works, self._file_id, self._size = works, file_id, size
        self._place = 0
        self._number, self._piece = -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        begin = (0, self._place, self._size)[whence]
        self._place = max(0, begin + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # of all buffers these come
        if self._place >= self._size:
            return 0
        number, start = divmod(self._place, PIECE)
        self._fetch(number)
        part = self._piece[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._place += len(part)
        return len(part)

    def _fetch(self, number: int) -> None:
        if number == self._number:
            return
        with self._works.read("import") as work:
            content = leads.piece(work, self._file_id, number)
        if content is None:
            raise _gone()
        self._number, self._piece = number, content


def _gone() -> Conflict:
    return Conflict("The list is not kept any more: upload it again and start a new import.")

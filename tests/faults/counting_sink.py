"""A mail server that counts what it accepts by Message-ID, and sometimes never answers the dot.

It speaks PIPELINING and runs in a thread of the test, so that no kill reaches it.
"""

import asyncio
import random
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


@dataclass
class CountingSink:
    """Accept everything; `cut` is the share of connections closed after the dot, unanswered."""

    cut: float = 0.0
    delay: float = 0.0
    """Seconds between a dot and its answer."""
    seed: int = 1
    accepted: Counter[str] = field(default_factory=Counter)
    cuts: int = 0
    open_now: int = 0
    most_open: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        server.close()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open_now -= 1
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink ESMTP\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await writer.drain()
                body = await reader.readuntil(b"\r\n.\r\n")
                if not await self._take(body, writer):
                    return
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    async def _take(self, body: bytes, writer: asyncio.StreamWriter) -> bool:
        """Accept a message; False when the connection is cut instead of an answer."""
        found = MESSAGE_ID.search(body)
        self.accepted[found[1].decode() if found else "?"] += 1
        if self.delay:
            await asyncio.sleep(self.delay)
        if self._chance.random() < self.cut:
            self.cuts += 1
            return False
        writer.write(b"250 2.0.0 kept\r\n")
        await writer.drain()
        return True

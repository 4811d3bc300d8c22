"""What a channel has written to its head, summed up once for all who were there."""

import zlib


class Tally:
    """The running sum of what a channel wrote to its head, kept only while somebody wants it.

    A gzip stream ends with a checksum of all that was in it; see `realtime.gzip`.
    """

    __slots__ = ("crc", "riders", "size")

    def __init__(self) -> None:
        self.crc = 0
        self.size = 0
        self.riders = 0

    def count(self, chunk: bytes) -> None:
        """Take a chunk that was written to everybody at the head."""
        if self.riders:
            self.crc = zlib.crc32(chunk, self.crc)
            self.size += len(chunk)

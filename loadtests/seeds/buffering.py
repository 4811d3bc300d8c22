"""An edge as it stands in many a tutorial: it buffers and compresses whatever passes."""

from infra.servers import EdgeServer

_CHANGES = {
    "proxy_buffering off;": "proxy_buffering on;\nproxy_ignore_headers X-Accel-Buffering;\n"
    'proxy_set_header Accept-Encoding "";',
    "gzip off;": "gzip on;\ngzip_types text/event-stream;",
}


class BufferingEdge(EdgeServer):
    """Ours, but for what makes a stream a stream."""

    def _write(self) -> None:
        super()._write()
        conf = self.directory / "stream.conf"
        text = conf.read_text(encoding="utf-8")
        for right, wrong in _CHANGES.items():
            if right not in text:
                raise LookupError(right)
            text = text.replace(right, wrong)
        conf.write_text(text, encoding="utf-8")

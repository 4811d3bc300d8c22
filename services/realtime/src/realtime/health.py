"""Live, ready and draining: three facts, served with the metrics on a port of their own."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(slots=True)
class Health:
    """What a process knows of itself.

    Ready means started and not draining. It does not follow the broker or Redis: all replicas
    share those, and un-readying the whole fleet would cut off everybody who could still be served.
    ``degraded`` says in words what is missing. ``spent``: one more connection may be the end of it.
    """

    started: bool = False
    draining: bool = False
    spent: bool = False
    degraded: dict[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether new connections should come here."""
        return self.started and not self.draining and not self.spent

    def set_degraded(self, what: str, reason: str | None) -> None:
        """Note (or clear, with None) what this process has to do without."""
        if reason is None:
            self.degraded.pop(what, None)
        else:
            self.degraded[what] = reason


def create_admin_app(health: Health, registry: CollectorRegistry) -> Starlette:
    """Serve ``/livez``, ``/readyz`` and ``/metrics`` for the admin port, which no edge routes."""

    async def livez(_: Request) -> Response:
        # Being answered is the proof: the loop turns.
        return JSONResponse({"live": True})

    async def readyz(_: Request) -> Response:
        body = {
            "ready": health.ready,
            "started": health.started,
            "draining": health.draining,
            "degraded": dict(health.degraded),
        }
        return JSONResponse(body, status_code=200 if health.ready else 503)

    async def metrics(request: Request) -> Response:
        # Exemplars are in the newer format only, which Prometheus asks for.
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=content_type)

    return Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)]
    )

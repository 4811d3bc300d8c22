"""A refusal of one replica is no answer yet: a real nginx asks another one."""

from pathlib import Path

import pytest

from infra.servers import EdgeServer
from infra.testing import Exchange, fetch, upstream


@pytest.mark.parametrize("path", ["/feed/readings", "/chat/ws"])
async def test_a_replica_that_has_no_place_costs_no_client_an_answer(
    tmp_path: Path, dashboard: Path, path: str
) -> None:
    asked: list[list[str]] = []

    async def leaves(exchange: Exchange) -> None:
        asked.append(exchange.request.header("prefer"))
        await exchange.answer("503 Service Unavailable", '{"code":"draining"}')

    async with upstream(leaves) as leaving, upstream(Exchange.answer) as staying:
        both = (leaving.address, staying.address)
        with EdgeServer(tmp_path / "edge", feed=both, chat=both, dashboard=dashboard) as edge:
            answers = [await fetch(edge.port, f"{path}?a=b") for _ in range(6)]
    assert [answer.status for answer in answers] == [200] * 6
    assert len(asked) >= 2
    assert all("elsewhere" in prefer[0] for prefer in asked)
    assert {request.target for request in staying.requests} == {f"/{path.rpartition('/')[2]}?a=b"}


@pytest.mark.parametrize("path", ["/feed/readings", "/chat/ws"])
async def test_where_no_replica_has_a_place_one_says_so_in_its_own_words(
    tmp_path: Path, dashboard: Path, path: str
) -> None:
    async def full(exchange: Exchange) -> None:
        if "elsewhere" in "".join(exchange.request.header("prefer")):
            await exchange.answer("503 Service Unavailable", '{"code":"full"}')
        else:
            await exchange.answer(body="event: busy")

    async with upstream(full) as one, upstream(full) as two:
        both = (one.address, two.address)
        with EdgeServer(tmp_path / "edge", feed=both, chat=both, dashboard=dashboard) as edge:
            plain = await fetch(edge.port, path)
            asking = await fetch(edge.port, path, headers={"Prefer": "status"})
    assert (plain.status, plain.body) == (200, "event: busy")
    assert (asking.status, asking.body) == (200, "event: busy")
    requests = one.requests + two.requests
    prefer = sorted(tuple(request.header("prefer")) for request in requests)
    # Each client's request is asked of both, and then of one as the client said it.
    assert prefer == [
        (),
        ("elsewhere",),
        ("elsewhere",),
        ("elsewhere, status",),
        ("elsewhere, status",),
        ("status",),
    ]

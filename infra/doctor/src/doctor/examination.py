"""Observe, then judge."""

from doctor.finding import Finding
from doctor.judgement.verdict import judge_stream, judge_websocket
from doctor.plan import Plan
from doctor.probes.socket_exam import SocketExam
from doctor.probes.stream_exam import StreamExam
from doctor.progress import Progress


async def examine(plan: Plan, progress: Progress) -> tuple[Finding, ...]:
    """Examine the plan's target.

    Raises:
        DoctorError: it can't be reached.
    """
    if plan.target.websocket:
        return judge_websocket(await SocketExam(plan, progress).observe())
    return judge_stream(await StreamExam(plan, progress).observe())

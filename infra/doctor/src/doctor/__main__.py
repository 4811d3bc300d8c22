"""``python -m doctor URL``: examine, report, and say by the exit status how it went."""

import asyncio
import sys
from collections.abc import Sequence

from doctor.arguments import fails_from, parse, plan_of
from doctor.errors import DoctorError
from doctor.examination import examine
from doctor.finding import worst
from doctor.progress import Progress
from doctor.report import as_json, as_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit status is described in ``--help``."""
    asked = parse(arguments)
    progress = Progress(quiet=asked.quiet)
    try:
        plan = plan_of(asked)
        findings = asyncio.run(examine(plan, progress))
    except DoctorError as error:
        progress.clear()
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        progress.clear()
        return 130
    progress.clear()
    sys.stdout.write((as_json if asked.json else as_text)(plan, findings))
    return 1 if worst(findings).weight >= fails_from(asked).weight else 0


if __name__ == "__main__":
    sys.exit(main())

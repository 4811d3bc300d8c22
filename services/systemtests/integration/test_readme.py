"""What the README says is what the code does."""

import asyncio
import re
import sys
from pathlib import Path

import pytest

from systemtests.readme import README, with_settings
from systemtests.stack import running_stack


def test_the_settings_in_the_readme_are_those_of_the_code() -> None:
    text = README.read_text()
    assert with_settings(text) == text, "run: python -m systemtests.readme"


@pytest.mark.timeout(120)
async def test_the_python_in_the_readme_runs(tmp_path: Path) -> None:
    [program] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    with running_stack(tmp_path) as stack:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", program.replace("http://127.0.0.1:8080", stack.url)),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    readings, *messages = said.decode().splitlines()
    assert "greenhouse-1/" in readings
    assert messages == ["ada hello"]

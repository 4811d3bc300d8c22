"""``python -m systemtests.readme``: write the settings into the README; a test holds it to them."""

from pathlib import Path
from typing import Final

from chat.settings import ChatSettings
from feed.settings import FeedSettings
from producer.settings import ProducerSettings
from realtime.settings import describe_settings

README: Final = Path(__file__).parents[4] / "README.md"
_BEGIN: Final = "<!-- settings: python -m systemtests.readme writes what follows -->\n"
_END: Final = "<!-- end of settings -->\n"


def settings_table() -> str:
    """Every setting of every service as a Markdown table."""
    rows = [
        f"| `{item.variable}` | {item.default or 'none'} | {item.text} |"
        for kind in (FeedSettings, ChatSettings, ProducerSettings)
        for item in describe_settings(kind)
    ]
    return "\n".join(["| setting | default | what |", "| --- | --- | --- |", *rows]) + "\n"


def with_settings(text: str) -> str:
    """A README with its settings as the code has them."""
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}{settings_table()}{_END}{after}"


if __name__ == "__main__":
    README.write_text(with_settings(README.read_text()))

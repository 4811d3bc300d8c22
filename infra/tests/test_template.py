from pathlib import Path

import pytest

from infra.errors import TemplateError, UnquotableError
from infra.template import quoted, render


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "some.conf.template"
    path.write_text("listen {{port}}; # $variable {x} {{port}}\n")
    return path


def test_places_are_filled_and_nothing_else_is_touched(template: Path) -> None:
    assert render(template, {"port": "80"}) == "listen 80; # $variable {x} 80\n"


@pytest.mark.parametrize("values", [{}, {"port": "80", "prot": "80"}])
def test_a_place_without_a_value_and_a_value_without_a_place_are_refused(
    template: Path, values: dict[str, str]
) -> None:
    with pytest.raises(TemplateError, match=r"some\.conf\.template.*(port|prot)"):
        render(template, values)


def test_quoted_words_may_have_spaces_and_umlauts() -> None:
    assert quoted("/home/Zoë Müller/air wave") == '"/home/Zoë Müller/air wave"'


@pytest.mark.parametrize("text", ['a"b', "a\\b", "a\nb", "a$b", "a\x00b"])
def test_what_a_server_would_read_as_something_else_is_refused(text: str) -> None:
    with pytest.raises(UnquotableError):
        quoted(text)

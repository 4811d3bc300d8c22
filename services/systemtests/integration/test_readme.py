"""What the README says is what the code does."""

from systemtests.readme import README, with_settings


def test_the_settings_in_the_readme_are_those_of_the_code() -> None:
    text = README.read_text()
    assert with_settings(text) == text, "run: python -m systemtests.readme"

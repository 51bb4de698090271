import io

from rich.console import Console

from bot.opening import FetchBar


def test_fetching_a_model_is_told_in_lines_where_there_is_no_terminal() -> None:
    output = io.StringIO()
    bar = FetchBar(Console(file=output, width=100))
    for done in range(0, 101, 5):
        bar(done * 1024**2, 100 * 1024**2)
    lines = output.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[3] == "fetching the chat model: 30 % of 100 MB"


def test_a_terminal_gets_a_bar() -> None:
    output = io.StringIO()
    bar = FetchBar(Console(file=output, width=100, force_terminal=True))
    for done in (0, 50, 100):
        bar(done, 100)
    assert "Fetching the chat model" in output.getvalue()
    assert "100/100 bytes" in output.getvalue()

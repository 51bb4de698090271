from __future__ import annotations

import pytest

from core.errors import IngestionError
from core.ingestion.loaders import delimited
from core.ingestion.loaders.delimited import parse
from core.models import Block


def texts(source: str, name: str = "faq.csv") -> list[str]:
    return [block.text for block in parse(source, name).blocks]


@pytest.mark.parametrize("header", ["Question,Answer", "q,a", "Frage,Antwort", '"Question?", ANSWER'])
def test_a_question_and_answer_table_reads_like_an_faq(header: str) -> None:
    source = f'{header}\n"How, exactly?","Like this.\nAnd this."\nWhen?,Today\n'
    assert parse(source, "faq.csv").blocks == (
        Block("row", "**How, exactly?**\n\nLike this.\nAnd this.", lines=(2, 3)),
        Block("row", "**When?**\n\nToday", lines=(4, 4)),
    )


def test_other_columns_of_a_question_table_are_appended_by_name() -> None:
    assert texts("Topic,Answer,Question,Owner\nVPN,Use the app.,How do I connect?,\n") == [
        "**How do I connect?**\n\nUse the app.\n\nTopic: VPN"
    ]


def test_two_columns_of_which_the_second_is_prose_read_like_question_and_answer() -> None:
    source = (
        "Term,Meaning\nBuddy,A colleague from another team who helps\nCircle,A group that decides within its field\n"
    )
    assert texts(source)[0] == "**Buddy**\n\nA colleague from another team who helps"


def test_a_table_without_header_keeps_its_first_row() -> None:
    source = "How do I connect?,Open the app and wait for it\nWhere is it?,On the first floor to the left\n"
    assert texts(source)[0] == "**How do I connect?**\n\nOpen the app and wait for it"


def test_other_tables_name_the_column_of_each_value() -> None:
    source = 'Role,Device,Years\nMechanic,Tablet,3\nLead,"Laptop,\n phone",\n\nGuest,,1\n'
    assert parse(source, "devices.csv").blocks == (
        Block("row", "Role: Mechanic; Device: Tablet; Years: 3", lines=(2, 2)),
        Block("row", "Role: Lead; Device: Laptop, phone", lines=(3, 4)),
        Block("row", "Role: Guest; Years: 1", lines=(6, 6)),
    )


def test_columns_without_names_are_numbered() -> None:
    assert texts("1,2,3\n4,5,6\n") == ["Column 1: 1; Column 2: 2; Column 3: 3", "Column 1: 4; Column 2: 5; Column 3: 6"]


def test_a_row_that_is_longer_than_the_header_keeps_its_values() -> None:
    assert texts("Role,Device,Years\nLead,Laptop,4,spare\n") == ["Role: Lead; Device: Laptop; Years: 4; spare"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    source = "Role;Device;Years\nLead;Laptop, new;4\nMechanic;Tablet;3\n".replace(";", delimiter)
    if delimiter == ",":
        source = source.replace("Laptop, new", '"Laptop, new"')
    assert texts(source)[0] == "Role: Lead; Device: Laptop, new; Years: 4"


def test_a_tsv_is_cut_at_tabs_only() -> None:
    assert texts("Role\tDevice\nLead\tLaptop; phone, bag\n", "devices.tsv") == [
        "Role: Lead; Device: Laptop; phone, bag"
    ]


def test_the_title_comes_from_the_files_name() -> None:
    assert parse("a,b\nc,d", "it/IT-FAQ.csv").title == "IT FAQ"


def test_absurdly_wide_tables_are_refused_with_the_line() -> None:
    with pytest.raises(IngestionError, match=r"has 5,000 columns in line 2, over the limit of 100"):
        parse("a,b\n" + "," * 4_999 + "\n", "wide.csv")


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "ROW_LIMIT", 10)
    with pytest.raises(IngestionError, match="more than 10 rows"):
        parse("a,b\n" * 12, "long.csv")


def test_a_quote_that_never_closes_is_located() -> None:
    for length in (3, 20_000):
        with pytest.raises(IngestionError, match=r"can't be read from line \d on .*quote that is not closed"):
            parse('a,b\nc,"' + "long text\n" * length, "open.csv")


def test_a_quoted_answer_may_end_the_file() -> None:
    assert texts('q,a\nWhen?,"On Monday\nor ""later"" "') == ['**When?**\n\nOn Monday\nor "later"']


def test_a_single_column_needs_no_name() -> None:
    assert texts("Monday\nTuesday\n") == ["Monday", "Tuesday"]

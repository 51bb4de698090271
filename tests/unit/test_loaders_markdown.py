from __future__ import annotations

import pytest

from core.ingestion.loaders.markdown import parse
from core.models import Block


def blocks(source: str, name: str = "page.md") -> tuple[Block, ...]:
    return parse(source, name).blocks


def test_blocks_carry_the_sources_own_lines() -> None:
    source = "Some *emphasis* and\na [link](https://a.example/x_(y)).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    source += "> Quoted\nlazily\n"
    assert blocks(source) == (
        Block("paragraph", "Some *emphasis* and\na [link](https://a.example/x_(y)).", lines=(1, 2)),
        Block("table", "| a | b |\n|---|---|\n| 1 | 2 |", lines=(4, 6)),
        Block("quote", "> Quoted\nlazily", lines=(8, 9)),
    )


@pytest.mark.parametrize(
    ("line", "text", "level"),
    [
        ("# Title", "Title", 1),
        ("### Title ###", "Title", 3),
        ("## Title {#anchor}", "Title", 2),
        ("## Title {: #anchor .wide }", "Title", 2),
        ('## <a name="x"></a>Title', "Title", 2),
        ("## The `rm` command", "The `rm` command", 2),
        ("Title\n=====", "Title", 1),
        ("Two\nlines\n---", "Two lines", 2),
    ],
)
def test_headings_lose_their_marks_and_anchors(line: str, text: str, level: int) -> None:
    assert blocks(line) == (Block("heading", text, level=level, lines=(1, line.count("\n") + 1)),)


def test_every_list_item_is_a_block_without_its_nested_items() -> None:
    source = "- one\n- two\n  goes on\n  1. inner\n     - deepest\n  2. second\n- three\n"
    assert blocks(source) == (
        Block("list_item", "- one", lines=(1, 1)),
        Block("list_item", "- two\n  goes on", lines=(2, 3)),
        Block("list_item", "1. inner", level=1, lines=(4, 4)),
        Block("list_item", "- deepest", level=2, lines=(5, 5)),
        Block("list_item", "2. second", level=1, lines=(6, 6)),
        Block("list_item", "- three", lines=(7, 7)),
    )


def test_an_items_paragraphs_and_code_belong_to_it() -> None:
    source = "1. Run this:\n\n   ```bash\n   ls <dir> ![x](y)\n   ```\n\n   Then wait.\n\n2. Done\n"
    assert blocks(source) == (
        Block("list_item", source[: source.index("\n\n2.")], lines=(1, 7)),
        Block("list_item", "2. Done", lines=(9, 9)),
    )


def test_what_follows_a_nested_list_is_a_block_of_the_outer_item() -> None:
    assert blocks("- outer\n  - inner\n\n  outer again\n") == (
        Block("list_item", "- outer", lines=(1, 1)),
        Block("list_item", "- inner", level=1, lines=(2, 2)),
        Block("list_item", "outer again", lines=(4, 4)),
    )


def test_code_keeps_its_fences_and_everything_in_them() -> None:
    source = "```html\n<!-- kept -->\n<b>kept</b> {% kept %}\n```\n\n    indented <b>\n"
    assert blocks(source) == (
        Block("code", "```html\n<!-- kept -->\n<b>kept</b> {% kept %}\n```", lines=(1, 4)),
        Block("code", "indented <b>", lines=(6, 6)),
    )


def test_comments_are_dropped() -> None:
    source = "<!-- a\n\nlong one -->\n\nBefore <!-- inline --> after.\n\n`<!-- code -->` stays.\n"
    assert [block.text for block in blocks(source)] == ["Before  after.", "`<!-- code -->` stays."]


def test_images_leave_their_alternative_text_only() -> None:
    source = (
        'See ![the plan](plan.png "Plan") here.\n\n![](empty.png)\n\n![Only alt](a.png){width=50}\n\n'
        "[![badge](b.svg)](https://b.example)\n\n- [![](c.svg)](https://c.example) text\n"
    )
    assert [block.text for block in blocks(source)] == [
        "See the plan here.",
        "Only alt",
        "[badge](https://b.example)",
        "-  text",
    ]


def test_inline_html_is_taken_out_and_its_links_are_kept() -> None:
    source = 'Press <kbd>F1</kbd> or<br/>see <a class="x" href="https://a.example">this form</a>, not <your-name>.\n'
    assert blocks(source)[0].text == "Press F1 or see [this form](https://a.example), not <your-name>."


def test_html_blocks_become_text() -> None:
    source = "<details>\n<summary>How?</summary>\n\nLike *this*.\n\n</details>\n\n"
    source += "<div align='center'>\n  <h2>Centre</h2>\n</div>\n"
    assert blocks(source) == (
        Block("paragraph", "How?", lines=(2, 2)),
        Block("paragraph", "Like *this*.", lines=(4, 4)),
        Block("heading", "Centre", level=2, lines=(9, 9)),
    )


def test_an_html_table_with_blank_lines_inside_is_read_as_one_table() -> None:
    source = (
        "Before.\n\n<table>\n  <tr>\n\n   <th>Role</th><th>Days</th>\n  </tr>\n\n  <tr>\n    <td>Lead</td>\n\n"
        "    <td>\n<ul>\n\n<li>28\n</ul>\n</td>\n  </tr>\n</table>\n\nAfter.\n"
    )
    assert [(block.kind, block.text) for block in blocks(source)] == [
        ("paragraph", "Before."),
        ("table", "| Role | Days |\n| --- | --- |\n| Lead | - 28 |"),
        ("paragraph", "After."),
    ]
    assert blocks(source)[1].lines == (6, 15)


def test_an_unclosed_html_table_ends_where_the_html_ends() -> None:
    assert [block.text for block in blocks("<table><tr><td>cell\n\nNext *paragraph*.\n")] == [
        "cell",
        "Next *paragraph*.",
    ]


def test_template_code_is_dropped_and_its_content_kept() -> None:
    source = (
        '{% alert "note" %}\nRead this.\n{% endalert %}\n\n{{< youtube abc >}}\n\n{% comment %}\nhidden\n\n'
        "{% endcomment %}\n\n:::tip\nInside.\n:::\n\n[[_TOC_]]\n\nUse `{{ value }}` or {{ value }}.\n{: .note}\n"
    )
    assert [block.text for block in blocks(source)] == ["Read this.", "Inside.", "Use `{{ value }}` or {{ value }}."]


def test_mdx_imports_and_comments_are_dropped() -> None:
    source = "import Tabs from '@theme/Tabs'\nexport const x = 1\n\n# Title\n\n{/* note */}\n\nexport your data.\n"
    assert [block.text for block in blocks(source, "page.mdx")] == ["Title", "export your data."]
    assert blocks(source, "page.md")[0].text.startswith("import Tabs")


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ('title: "On-call: the rules"', "On-call: the rules"),
        ("tags: [a, b]\nTitle: Plain # comment", "Plain"),
        ("title: 'It''s ours'\nlist:\n  - one\n  - two", "It's ours"),
        ("title: >\n  folded", "First"),
        ("description: none", "First"),
        ("title:", "First"),
    ],
)
def test_front_matter_gives_the_title_and_is_no_block(front: str, title: str) -> None:
    document = parse(f"---\n{front}\n---\n\n# First\n", "page.md")
    assert document.title == title
    first = 4 + front.count("\n") + 1
    assert document.blocks == (Block("heading", "First", level=1, lines=(first, first)),)


def test_toml_front_matter_is_read_too() -> None:
    assert parse('+++\ntitle = "Ours"\n+++\nText.', "page.md").title == "Ours"


@pytest.mark.parametrize("source", ["---\nNot: front matter\nbut a sentence.\n---\n", "---\ntitle: never closed\n"])
def test_a_rule_at_the_top_is_no_front_matter(source: str) -> None:
    assert blocks(source)


def test_the_title_is_the_first_top_heading_then_any_heading_then_the_files_name() -> None:
    assert parse("## Second level\n\n# **Top** [level](x)\n", "page.md").title == "Top level"
    assert parse("Text.\n\n## Second level\n", "page.md").title == "Second level"
    assert parse("Text.", "people/time-off.md").title == "Time off"


def test_reference_definitions_are_no_text() -> None:
    assert [block.text for block in blocks("See [it][1].\n\n[1]: https://a.example\n")] == ["See [it][1]."]


def hostile(name: str) -> str:
    return {
        "quotes in quotes": ">" * 50_000 + " a",
        "markers in markers": "- " * 50_000 + "a",
        "ever deeper list": "\n".join("  " * depth + "- a" for depth in range(1_000)),
        "open brackets": "[" * 50_000 + "a",
        "open images": "![](" * 30_000 + "a",
        "open comments": "x <!-- " * 30_000 + "a",
        "open anchors": '<a href="http:x" ' * 20_000 + "a",
        "open tables": "<table>\n\nword\n\n" * 5_000,
        "open links": '<a title="x" ' + 'href="http:x" ' * 20_000,
        "backticks": "".join("`" * (n % 50) + "a " for n in range(20_000)),
        "spaces": ":::" + " " * 100_000 + "a b",
        "columns": "|" + "a|" * 30_000 + "\n|" + "-|" * 30_000,
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        "quotes in quotes",
        "markers in markers",
        "ever deeper list",
        "open brackets",
        "open images",
        "open comments",
        "open anchors",
        "open tables",
        "open links",
        "backticks",
        "spaces",
        "columns",
    ],
)
def test_hostile_sources_end_as_blocks(name: str) -> None:
    source = hostile(name)
    last = source.count("\n") + 1
    assert all(block.lines and 1 <= block.lines[0] <= block.lines[1] <= last for block in blocks(source))

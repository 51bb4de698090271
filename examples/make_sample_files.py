"""Makes the two binary files of the sample handbook: the travel policy (PDF) and the parental leave rules (DOCX).

They are committed; run this only after changing their words here. fpdf2 is needed for it and for nothing else,
so it is no dependency of Docent:

    python -m venv /tmp/sample-files && /tmp/sample-files/bin/pip install fpdf2 python-docx
    /tmp/sample-files/bin/python examples/make_sample_files.py
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from docx import Document
from fpdf import FPDF

HANDBOOK = Path(__file__).parent / "handbook"
WRITTEN = datetime(2026, 10, 5, tzinfo=UTC)

# Each page of the PDF: pieces of ("h1" | "part" | "h2" | "p" | "li" | "table", content).
TRAVEL: list[list[tuple[str, object]]] = [
    [
        ("h1", "Travel policy"),
        (
            "p",
            "This policy covers trips for the cooperative that last longer than eight hours or go further than 50 "
            "kilometres from your own workshop. Shorter trips are errands: take a cargo bike or the tram, and hand in "
            "the ticket as a normal expense.",
        ),
        ("part", "Approval and booking"),
        ("h2", "Approval"),
        (
            "p",
            "Trips up to 400 EUR in total are approved by your team lead. Above that, and for every trip outside the "
            "country, the coordination circle decides in its weekly meeting on Wednesday. Ask at least ten working "
            "days before you leave, with the form Travel request in Rota.",
        ),
        (
            "p",
            "Trade fairs are planned once a year. At most four people go to one fair, and at least one of them has "
            "not been to it before.",
        ),
        ("h2", "Booking"),
        (
            "p",
            "Book trains and hotels yourself, or ask Tomas Reidl to do it if you are in the workshop all day. "
            "Tickets are paid with a card of the cooperative where possible. Whoever pays privately gets the money "
            "back with the next wage.",
        ),
        (
            "p",
            "Cancel what you do not need. Fees for cancelling are paid by the cooperative if the reason was illness "
            "or work, and by you if you changed your mind.",
        ),
    ],
    [
        ("part", "Hotels and daily allowances"),
        (
            "p",
            "A hotel may cost up to the amount in the table per night with breakfast. If nothing is free at that "
            "price, 20 percent more is fine without asking; write the reason on the receipt.",
        ),
        (
            "table",
            [
                ("Zone", "Places", "Hotel per night", "Full day", "First and last day"),
                ("A", "Capital cities and trade fair cities", "140 EUR", "34 EUR", "17 EUR"),
                ("B", "Other places in the country", "95 EUR", "28 EUR", "14 EUR"),
                ("C", "Abroad", "160 EUR", "42 EUR", "21 EUR"),
            ],
        ),
        (
            "p",
            "The daily allowance replaces receipts for food. If the hotel or the host gives you a meal, the allowance "
            "shrinks: by 20 percent for a breakfast and by 40 percent each for lunch and dinner.",
        ),
        (
            "p",
            "Staying with friends or family instead of in a hotel? You get 25 EUR a night to bring them something "
            "nice. No receipt is needed.",
        ),
        (
            "p",
            "Apprentices who stay overnight for a course of the vocational school live in its guest house. It is paid "
            "by us directly, and they get the daily allowance of zone B.",
        ),
    ],
    [
        ("part", "Trains, cars and planes"),
        ("h2", "Trains"),
        (
            "p",
            "The train is our normal means of travel, in second class. On journeys of more than four hours in one "
            "direction a first-class ticket is allowed if it costs at most 25 EUR more. We pay for a discount card "
            "if it saves more than it costs within a year.",
        ),
        ("h2", "Cars"),
        (
            "p",
            "Use a shared car when you carry tools or when no train runs. The account is on the key board in each "
            "workshop. With your own car you get 0.30 EUR per kilometre, and 0.05 EUR more for each colleague who "
            "rides along. For your own bicycle it is 0.15 EUR per kilometre.",
        ),
        ("p", "The van is booked in the calendar as Van Tidewell. It holds eleven bikes or three cargo bikes."),
        ("h2", "Planes"),
        (
            "p",
            "We fly only if the journey by train takes more than ten hours. Flights are always booked in economy and "
            "need the approval of the coordination circle, whatever they cost. For each flight we pay 40 EUR into "
            "the tree fund of Marsh Lane.",
        ),
        ("h2", "Time on the road"),
        (
            "p",
            "Travelling counts as working time between 6:00 and 22:00, at most ten hours a day. If you come back "
            "after 22:00 you start at noon on the next day.",
        ),
    ],
    [
        ("part", "Abroad, insurance and afterwards"),
        ("h2", "Travelling abroad"),
        ("p", "Before you leave the country:"),
        ("li", "Ask Jonas Ekblad for the A1 certificate, at least three weeks ahead."),
        ("li", "Save the number of the travel insurance, 0555 0188; the policy number is FW-20417."),
        ("li", "Tell the IT circle if you take a laptop out of the EU. You get a blank one for the trip."),
        ("h2", "Insurance"),
        (
            "p",
            "Everyone on an approved trip is insured against illness and accidents abroad. Luggage is insured up to "
            "1,200 EUR, a bike that you take along up to 2,500 EUR. Private days before or after the trip are insured "
            "if there are no more than three of them. You pay hotel and food on these days yourself.",
        ),
        ("h2", "After the trip"),
        (
            "p",
            "Hand in the travel report in Kontor within 14 days. It has the times of leaving and coming back, the "
            "zone and the meals that were given. Receipts for hotel and tickets are attached; the general limit of "
            "30 days for receipts does not apply to trips.",
        ),
        (
            "p",
            "Contractors travel at their own cost unless the order says otherwise. If it does, they get tickets and "
            "hotel up to the amounts of zone B, but no daily allowance.",
        ),
    ],
]


class TravelPolicy(FPDF):
    """A page with a running header and a page number, as such documents have."""

    def header(self) -> None:
        """Write the line at the top of each page."""
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, "Fernwheel handbook - Travel policy, version 7", new_x="LMARGIN", new_y="NEXT")
        self.ln(6)

    def footer(self) -> None:
        """Write the page number."""
        self.set_y(-15)
        self.set_font("Helvetica", "", 8)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="C")


def make_travel_policy(path: Path) -> None:
    """Write the travel policy as a PDF of four pages."""
    pdf = TravelPolicy()
    pdf.set_title("Travel policy")
    pdf.set_creation_date(WRITTEN)
    for page in TRAVEL:
        pdf.add_page()
        for kind, content in page:
            if kind == "table":
                pdf.set_font("Helvetica", "", 10)
                with pdf.table(col_widths=(12, 52, 32, 24, 40), line_height=5.5, padding=1, text_align="LEFT") as table:
                    for row in content:
                        table.row(row)
                pdf.ln(4)
                continue
            style, size, height, gap = {
                "h1": ("B", 20, 10, 4),
                "part": ("B", 16, 9, 3),
                "h2": ("B", 13, 7, 2),
                "p": ("", 11, 5.5, 4),
                "li": ("", 11, 5.5, 1),
            }[kind]
            pdf.set_font("Helvetica", style, size)
            text = f"- {content}" if kind == "li" else str(content)
            pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")
            pdf.ln(gap)
    pdf.output(str(path))


def make_parental_leave(path: Path) -> None:
    """Write the parental leave rules as a Word document."""
    document = Document()
    document.core_properties.title = "Parental leave"
    document.core_properties.author = "People team"
    document.core_properties.created = document.core_properties.modified = WRITTEN.replace(tzinfo=None)
    document.add_heading("Parental leave", level=0)
    document.add_paragraph(
        "For everybody at Fernwheel who becomes a parent, by birth, adoption or by taking in a foster child. "
        "Questions go to Jonas Ekblad; everything that you tell him stays with him until you say otherwise."
    )
    document.add_heading("How much leave", level=1)
    document.add_paragraph(
        "The cooperative tops up what the state pays, so that you get the share of your wage in this table."
    )
    rows = [
        ("Who", "Weeks", "Share of the wage", "To be taken"),
        ("Parent who gives birth", "20", "100 percent", "from 6 weeks before the due date"),
        ("Second parent", "10", "100 percent", "within 12 months after the birth"),
        ("Adopting or foster parent", "14", "100 percent", "from the day the child moves in"),
        ("Any parent, after that", "up to 26", "40 percent", "until the third birthday"),
    ]
    table = document.add_table(rows=0, cols=4)
    table.style = "Table Grid"
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph(
        "With twins or more, each parent gets four additional weeks at 100 percent. The second parent may divide the "
        "ten weeks into three parts; each part is at least one week long."
    )
    document.add_heading("Who can take it", level=1)
    for text in (
        "Employees, from the first day of the contract. There is no waiting time.",
        "Apprentices, who may also lengthen their training by the same time.",
        "Contractors have no paid parental leave. They may pause a contract for up to six months and keep the order.",
    ):
        document.add_paragraph(text, style="List Bullet")
    document.add_heading("How to ask for it", level=1)
    for text in (
        "Tell Jonas Ekblad by the end of the fifth month, or as soon as you know the date of the adoption.",
        "Send the form Family at least seven weeks before the leave begins. Dates can be moved later by up to two "
        "weeks in both directions.",
        "Agree with your lead who stands in for you. This is the lead's task; you only help with it.",
    ):
        document.add_paragraph(text, style="List Number")
    document.add_heading("During pregnancy", level=1)
    document.add_paragraph(
        "Doctor's appointments are working time. From the day on which you tell us, you do no work at the battery "
        "bench, with solvents or with more than 5 kg to lift, and no on-call weeks. Ilse Brandt looks at your "
        "workplace within one week."
    )
    document.add_heading("Coming back", level=1)
    document.add_paragraph(
        "You come back to the same job and the same step of the wage table. During the first eight weeks you may "
        "work half of your hours for 75 percent of the wage. After that you can ask for part time at any time; a "
        "wish for 25 hours a week or more is always granted."
    )
    document.add_paragraph(
        "The back office in Harrowby has a quiet room with a lock and a fridge for pumping. Breaks for it are "
        "working time until the child's first birthday."
    )
    document.add_heading("If things go differently", level=1)
    document.add_paragraph(
        "After a miscarriage both parents get ten paid days off, whatever the week. No doctor's note is needed. "
        "If a child is born more than six weeks early, leave is lengthened by the weeks that were missing."
    )
    document.add_heading("Childcare", level=1)
    document.add_paragraph(
        "We pay 80 EUR a month for each child in a nursery until school begins, if you send the nursery's bill once "
        "a year by 31 January. It is paid to one parent only if both work here."
    )
    document.save(str(path))


if __name__ == "__main__":
    make_travel_policy(HANDBOOK / "money" / "travel-policy.pdf")
    make_parental_leave(HANDBOOK / "people" / "parental-leave.docx")

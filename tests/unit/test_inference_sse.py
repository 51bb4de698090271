import pytest

from core.inference.sse import EventReader

STREAM = 'data: {"ä": 1}\r\n\r\n: keep-alive\n\nevent: message\nid: 7\ndata:two\n\nretry: 5\ndata: [DONE]\n\n'.encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, len(STREAM)])
def test_events_come_out_whole_however_the_bytes_arrive(size: int) -> None:
    reader = EventReader()
    chunks = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [event for chunk in chunks for event in reader.feed(chunk)] == ['{"ä": 1}', "two", "[DONE]"]
    assert reader.flush() == []
    assert reader.other == ""


def test_a_last_line_without_an_end_is_an_event() -> None:
    reader = EventReader()
    assert reader.feed(b"data: last") == []
    assert reader.flush() == ["last"]


def test_what_is_no_event_is_kept() -> None:
    reader = EventReader()
    assert reader.feed(b'{\n  "data": {"id": 1}\n}') + reader.flush() == []
    assert reader.other == '{\n  "data": {"id": 1}\n}\n'

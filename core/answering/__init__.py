"""From retrieved chunks to an answer whose every sentence is carried by what it cites."""

"""Reports on what was asked, for the people who keep the documents."""

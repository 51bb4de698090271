"""From files to stored chunks: load a document, cut it into chunks, bring the store up to date."""

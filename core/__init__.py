"""The platform-free half of Docent: documents in, cited answers out."""

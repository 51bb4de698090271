"""What `docent eval` is made of: sets, runs and their files, tables and pictures."""

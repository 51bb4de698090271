"""One module a command of `docent`; each has `run(arguments)`, which gives the exit status."""

# Everything starts here: `make run` for the bot, `make test` for the tests, `make help` for the rest.
PYTHON ?= python3
BIN := .venv/bin

# Nothing that stands here may load from a model hub; a hf: CHAT_MODEL is fetched by Docent itself.
HF_HUB_OFFLINE ?= 1
export HF_HUB_OFFLINE

# The question as it was typed, with every $ and quote in it.
QUESTION := $(value Q)
export QUESTION

.DEFAULT_GOAL := help
.PHONY: help setup run ask test check bench lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install everything into .venv and prove that it works (also done by the others)
	@$(PYTHON) -m bot.setup

run: setup ## read DOCS_DIR, ask it one question, then serve the page and the chats
	@$(BIN)/docent quickstart

ask: setup ## ask one question: make ask Q="how many days of leave do we have?"
	@test -n "$$QUESTION" || { echo 'Which question? make ask Q="how many days of leave do we have?"' >&2; exit 2; }
	@$(BIN)/docent quickstart --ask "$$QUESTION"

test: setup ## run the tests
	@$(BIN)/pytest

check: setup ## lint, format, types, and who may import whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## run every benchmark over the sample handbook (an hour on two cores)
	@benchmarks/all.sh

lock: ## renew constraints.txt; with UPGRADE=1 to the newest versions
	@$(PYTHON) -m bot.setup.lock $(if $(UPGRADE),--upgrade)

clean: ## remove .venv and the tools' caches; .docent (your data) and compiled wheels stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

#!/bin/sh
# Runs every benchmark over the sample handbook, in sizes that take minutes; `make bench` calls it. Those with
# LangChain in them measure it where its environment is set up (README.md, "The alternative").
set -eu
cd "$(dirname "$0")/.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
export DOCENT_HOME="$home"
alternative=$([ -x .venv-bench/bin/python ] && echo --tutorial || true)

bench() {
    echo
    echo "== $*"
    name=$1
    shift
    .venv/bin/python -m "benchmarks.$name" "$@"
}

.venv/bin/docent ingest examples/handbook --json >"$home/ingest.json"
bench bench_embedding
bench bench_chat_model
bench bench_large_model --layers 4
# shellcheck disable=SC2086
bench bench_retrieval --docs examples/handbook --questions examples/questions.jsonl --docent $alternative
bench bench_answers
(export CHAT_MODEL=none && bench bench_gaps)
if command -v chromium >/dev/null; then bench bench_page; fi
bench bench_ingest
bench bench_ingest_scale 100 300 --kilobytes 3
bench bench_search --sizes 10000
bench bench_chat
bench bench_ablations examples/questions.jsonl

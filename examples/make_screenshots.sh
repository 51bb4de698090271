#!/bin/sh
# Draws conversations in the simulated Slack and Discord, and an admin's re-ingest, as examples/*.png.
#
# Needs Chromium (apt-get install chromium fonts-inter fonts-noto-color-emoji) and the sample handbook: `make run` once.
set -eu
export REUSE_ANSWERS=off
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

shoot() { # picture, height of the window in pixels, colours (0: dark, 1: light), then what to simulate
    picture=$1 height=$2 colours=$3
    shift 3
    .venv/bin/docent simulate "$@" --html "$work/page.html"
    # Without the sandbox it runs as root and in containers too; the page holds no script and asks nothing of the network.
    chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-quic --hide-scrollbars --user-data-dir="$work/browser" \
        --blink-settings=preferredColorScheme="$colours" --force-device-scale-factor=1.25 --window-size="1000,$height" \
        --screenshot="examples/$picture.png" "file://$work/page.html"
}

shoot slack 1390 1 slack
shoot discord 1394 0 discord

# A handbook that loses seven of its pages, has one changed, one moved and one broken, and gets ten editions of the others.
reingest() { # platform, height, colours
    export DOCENT_HOME="$work/$1" DOCS_DIR="$work/$1/handbook"
    mkdir "$DOCENT_HOME"
    cp -r examples/handbook "$DOCS_DIR"
    .venv/bin/docent migrate
    .venv/bin/docent ingest "$DOCS_DIR" --collection handbook
    find "$DOCS_DIR" -name '*.md' | sort | head -7 | xargs rm
    find "$DOCS_DIR" -name '*.md' | sort | head -1 | xargs sed -i 's/\. /. Indeed. /'
    mkdir "$DOCS_DIR/moved"
    find "$DOCS_DIR" -name '*.md' | sort | tail -1 | xargs -I{} mv {} "$DOCS_DIR/moved"
    printf 'no PDF' >"$DOCS_DIR/broken.pdf"
    for edition in 1 2 3 4 5 6 7 8 9 10; do
        mkdir "$DOCS_DIR/edition-$edition"
        find "$DOCS_DIR" -name '*.md' -not -path '*/edition-*' | while read -r page; do
            sed "s/\. /. In edition $edition: /" "$page" >"$DOCS_DIR/edition-$edition/$(basename "$page")"
        done
    done
    shoot "reingest-$1" "$2" "$3" "$1" "/reingest handbook --dry-run" "/reingest handbook"
}
reingest slack 2130 1
reingest discord 2130 0

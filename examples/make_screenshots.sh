#!/bin/sh
# Draws a conversation in the simulated Slack and Discord as examples/slack.png and examples/discord.png.
#
# Needs Chromium (apt-get install chromium fonts-inter fonts-noto-color-emoji) and the sample handbook: `make run` once.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

shoot() { # platform, height of the window in pixels, colours (0: dark, 1: light)
    .venv/bin/docent simulate "$1" --html "$work/$1.html"
    # Without the sandbox it runs as root and in containers too; the page holds no script and asks nothing of the network.
    chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-quic --hide-scrollbars --user-data-dir="$work/browser" \
        --blink-settings=preferredColorScheme="$3" --force-device-scale-factor=1.25 --window-size="1000,$2" \
        --screenshot="examples/$1.png" "file://$work/$1.html"
}

shoot slack 1390 1
shoot discord 1394 0

# syntax=docker/dockerfile:1
FROM python:3.11-slim AS builder
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# First what the set-up reads, so that a change of Docent's own code doesn't compile and download again. The editable
# install notes where each of the three packages is, so their first files have to be there.
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY bot/__init__.py bot/
COPY core/__init__.py core/
COPY migrations/__init__.py migrations/
COPY bot/setup bot/setup
# Compiled for every CPU since 2013 (x86-64-v3) or ARMv8.2, because an image may run elsewhere than it was built.
RUN --mount=type=cache,target=/root/.cache python -m bot.setup --portable --extras= \
    && .venv/bin/python -m compileall -q .venv/lib

COPY . .


FROM python:3.11-slim
# libgomp1: the threads of the chat model's library; git: for GIT_PULL
RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 git && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 docent \
    && install -d -o docent -g docent /data
WORKDIR /app
COPY --from=builder /app /app
USER docent

# OMP_WAIT_POLICY: threads that wait for each other sleep, since spinning ones starve on CPUs that others use too.
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    OMP_WAIT_POLICY=PASSIVE \
    DOCENT_HOME=/data \
    WEB_HOST=0.0.0.0
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=6 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["docent", "serve"]

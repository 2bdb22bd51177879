# `docker compose` v2 where the engine's distribution has 1.29 only: Debian's package, for trying
# the compose files with both.
#   docker build -f docker/lab/compose-v2.Dockerfile -t docuvault-lab/compose-v2 docker/lab
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE}
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends docker-compose >/dev/null \
 && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["docker-compose"]

# API, worker, beat and the one-shot jobs: one image, the command decides.
ARG PYTHON_IMAGE=python:3.13-slim-trixie

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /src
COPY requirements/build.txt requirements/
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install -q --no-deps --require-hashes -r requirements/build.txt
COPY requirements/runtime.txt requirements/
RUN python -m venv --without-pip /opt/docuvault/venv \
 && /opt/build/bin/uv pip install -q --python /opt/docuvault/venv/bin/python --compile-bytecode \
    --no-deps --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY backend/docuvault backend/docuvault
RUN /opt/build/bin/hatchling build -t wheel -d /tmp/wheel \
 && /opt/build/bin/uv pip install -q --python /opt/docuvault/venv/bin/python --compile-bytecode \
    --no-deps /tmp/wheel/*.whl
# The data folder of this step stays behind: a first start makes a secret in it.
RUN DOCUVAULT_DATA_DIR=/tmp/data DOCUVAULT_AI__MODEL_DIR=/opt/docuvault/model \
    /opt/docuvault/venv/bin/docuvault model prepare \
 && chmod -R a+rX /opt/docuvault/model
COPY docker/backend/ /opt/docuvault/bin/
RUN chmod 0755 /opt/docuvault/bin/*

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="DocuVault" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 docuvault \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin docuvault \
 && install -d -o docuvault -g docuvault -m 0700 /var/lib/docuvault
COPY --from=build /opt/docuvault /opt/docuvault
ENV PATH=/opt/docuvault/venv/bin:/opt/docuvault/bin:$PATH \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DOCUVAULT_DATA_DIR=/var/lib/docuvault \
    DOCUVAULT_AI__MODEL_DIR=/opt/docuvault/model \
    DOCUVAULT_SERVER__HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/docuvault
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 CMD ["api-ready"]
CMD ["docuvault", "serve"]

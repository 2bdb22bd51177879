# A stand-in for the Qdrant server where its image cannot be had: the tests' own server, for trying
# the compose files, never for use.
#   docker build -f docker/lab/qdrant.Dockerfile -t docuvault-lab/qdrant backend
ARG BACKEND_IMAGE=docuvault-backend:0.1.0
FROM ${BACKEND_IMAGE}
USER root
COPY tests/__init__.py /opt/lab/tests/
COPY tests/servers /opt/lab/tests/servers
RUN install -d -o docuvault -g docuvault /qdrant/storage
USER 10001:10001
ENV PYTHONPATH=/opt/lab
VOLUME /qdrant/storage
HEALTHCHECK NONE
CMD ["sh", "-c", "exec python -m tests.servers.qdrant --path /qdrant/storage/engine --host 0.0.0.0 --api-key \"$QDRANT__SERVICE__API_KEY\""]

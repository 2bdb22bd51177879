# The built web UI behind nginx, on one origin with the API.
ARG NODE_IMAGE=node:24.20-trixie-slim
ARG NGINX_IMAGE=nginx:1.30.6-alpine

# `dev` serves the sources with reload; docker/compose.dev.yml uses it.
FROM ${NODE_IMAGE} AS dev
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY frontend ./
EXPOSE 5173
CMD ["npm", "run", "dev", "--", "--host", "0.0.0.0"]

FROM dev AS build
RUN npm run build

FROM ${NGINX_IMAGE}
LABEL org.opencontainers.image.title="DocuVault web UI" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY docker/nginx/ /etc/nginx/
COPY --from=build /src/frontend/dist /usr/share/nginx/html
RUN chmod -R a+rX /usr/share/nginx/html /etc/nginx
USER nginx
EXPOSE 5173
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:5173/"]
ENTRYPOINT []
CMD ["nginx", "-e", "/dev/stderr", "-g", "daemon off;"]

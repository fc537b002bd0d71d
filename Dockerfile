# Two stages: the first builds the virtual environment from uv.lock, the second holds only that and the demo data.
# scripts/check_dockerfile.py replays these steps without a container engine (see docs/operations-docker.md).

FROM python:3.11-slim AS build
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /app
RUN python -m venv .venv-uv && .venv-uv/bin/python -m pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
# The dependencies first: this layer is built again only when the lock changes.
COPY pyproject.toml uv.lock ./
RUN .venv-uv/bin/uv sync --frozen --no-dev --extra tracing --no-install-project --python .venv-uv/bin/python
COPY README.md LICENSE NOTICE ./
COPY cds_service ./cds_service
COPY fhir_mappings ./fhir_mappings
COPY cards ./cards
COPY treatment_algorithm ./treatment_algorithm
RUN .venv-uv/bin/uv sync --frozen --no-dev --extra tracing --no-editable --python .venv-uv/bin/python

FROM python:3.11-slim
LABEL org.opencontainers.image.title="calcinosis-cds" org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# var/ is the only folder that is written to: mount a volume there and the rest may be read-only.
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin cds && install -d -o cds -g cds -m 0750 var
COPY --from=build /app/.venv ./.venv
COPY LICENSE NOTICE ./
COPY demo ./demo
COPY deploy/loader ./deploy/loader
# production refuses to start without client authentication: what is open has to be asked for.
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CDS_ENVIRONMENT=production CDS_HOST=0.0.0.0 CDS_PORT=8000
USER 10001
VOLUME ["/app/var"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=2)"]
CMD ["calcinosis-cds", "serve"]

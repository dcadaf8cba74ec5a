# Two images of one build: `exchange` (the default) and `loader` (Locust). Neither runs as root.
ARG BASE=python:3.11-slim
FROM ${BASE} AS common
WORKDIR /app
COPY runtime.lock pyproject.toml hatch_build.py README.md LICENSE ./
COPY fireexit fireexit
COPY mock_exchange mock_exchange
COPY loadgen loadgen
COPY judging judging
COPY run_records run_records
COPY grafana grafana
RUN python3 -m venv /opt/fireexit \
    && /opt/fireexit/bin/pip install --no-cache-dir --require-hashes -r runtime.lock \
    && /opt/fireexit/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --create-home fireexit \
    && install -d -o fireexit /run/fireexit /runs
ENV PATH=/opt/fireexit/bin:$PATH PYTHONUNBUFFERED=1
USER fireexit
WORKDIR /runs

FROM common AS loader
EXPOSE 8089 9646
ENTRYPOINT ["fireexit", "locust"]
CMD ["--web-host", "0.0.0.0", "--metrics-port", "9646"]

# It listens on 8899; metrics and control stay inside, on loopback.
FROM common AS exchange
EXPOSE 8899
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8899/fapi/v1/ping', timeout=2)"]
ENTRYPOINT ["fireexit"]
CMD ["serve", "--bind", "0.0.0.0", "--port", "8899", "--control-port", "8898"]

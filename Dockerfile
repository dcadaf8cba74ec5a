# The exchange as an image. It listens on 8899; metrics and control stay inside, on loopback.
FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY fireexit fireexit
COPY mock_exchange mock_exchange
COPY loadgen loadgen
RUN pip install --no-cache-dir --no-deps --no-build-isolation . && useradd --system fireexit
USER fireexit
EXPOSE 8899
ENTRYPOINT ["fireexit"]
CMD ["serve", "--bind", "0.0.0.0", "--port", "8899", "--control-port", "8898"]

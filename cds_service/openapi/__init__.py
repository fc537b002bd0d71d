"""The OpenAPI description of the service: what stands at /openapi.json outside production."""

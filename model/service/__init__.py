"""`qingyuan serve`: the tagger behind HTTP, and one page for people."""

try:
    import fastapi  # noqa: F401
    import prometheus_client  # noqa: F401
    import uvicorn  # noqa: F401
except ModuleNotFoundError as error:
    cure = "pip install 'qingyuan[serve]'"
    raise ModuleNotFoundError(f"the service needs {error.name}: {cure}", name=error.name) from error

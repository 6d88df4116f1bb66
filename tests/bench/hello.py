"""The peer of the services' web: Flask with nothing in it, to be run by gunicorn."""

from flask import Flask

app = Flask(__name__)


@app.get("/hello")
def hello() -> str:
    return "hello"

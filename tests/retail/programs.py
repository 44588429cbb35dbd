"""A person's own program, as it speaks to the back-office API."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from retail.services import api_tokens
from tests.factories.people import UserFactory

ROOT = "/api/v1/"


class Program:
    """Signs with a token of its person (a superuser unless told otherwise); every answer is (status, content)."""

    def __init__(self, user: Any = None) -> None:
        self.user = user or UserFactory(is_superuser=True)
        self.row, self.token = api_tokens.create(user=self.user, name="test", by=self.user, now=timezone.now())
        self.client = Client(raise_request_exception=False)
        self.headers: dict[str, str] = {}

    def signed(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept-Language": "en"} if self.token else {}

    def call(self, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
        content: dict[str, Any] = {}
        if data is not None:
            sent = data if isinstance(data, str | bytes) else json.dumps(data)
            content = {"data": sent, "content_type": "application/json"}
        response = getattr(self.client, method)(ROOT + path, headers={**self.signed(), **headers}, **content)
        self.headers = dict(response.headers)
        return response.status_code, json.loads(response.content) if response.content else None

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("get", path, **headers)

    def post(self, path: str, data: Any = None, *, key: str = "") -> tuple[int, Any]:
        return self.call("post", path, data, **({"Idempotency-Key": key} if key else {}))

    def rows(self, path: str) -> list[Any]:
        """The rows of a list's first page."""
        status, answer = self.get(path)
        assert status == 200, answer
        return answer["results"]

    def every(self, path: str) -> list[Any]:
        """The rows of all pages of a list, page by page."""
        rows: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            glue = "&" if "?" in path else "?"
            status, answer = self.get(f"{path}{glue}cursor={cursor}" if cursor else path)
            assert status == 200, answer
            rows += answer["results"]
            cursor = answer["next"]
        return rows


def refusal(answer: tuple[int, Any]) -> tuple[int, str, str | None]:
    """(status, code, attr) of the first error of an answer."""
    status, content = answer
    return status, content["errors"][0]["code"], content["errors"][0]["attr"]

"""What only the local cloud as a whole can show: real tokens are checked, and roles, CORS and the front hold."""

import httpx
import pytest

from tests.e2e.api import Api


def test_health_needs_nobody(api: Api) -> None:
    assert api(None, "GET", "/health").status_code == 200


@pytest.mark.parametrize("kind", ["expired", "other_audience", "forged"])
def test_a_token_that_is_not_right_opens_nothing(api: Api, odd_tokens: dict[str, str], kind: str) -> None:
    answer = api.http.get("/me", headers={"Authorization": f"Bearer {odd_tokens[kind]}"})
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_an_id_token_lacks_the_scope(api: Api) -> None:
    pool = api.pool
    answer = pool.cognito.admin_initiate_auth(
        UserPoolId=pool.pool_id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": pool.sign_in_name("ana"), "PASSWORD": "Local-cloud-1"},
    )
    token = answer["AuthenticationResult"]["IdToken"]
    assert api.http.get("/me", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_a_known_origin_may_call_and_an_unknown_one_may_not(api: Api) -> None:
    def preflight(origin: str) -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        return api.http.request("OPTIONS", "/me", headers=headers)

    known = preflight("http://localhost:5173")
    assert known.status_code == 204
    assert known.headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "access-control-allow-origin" not in preflight("https://elsewhere.test").headers
    answer = api("ana", "GET", "/me", headers={"Origin": "http://localhost:5173"})
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"etag", "link", "location", "retry-after", "idempotency-replayed"}


def test_the_development_data_is_there(api: Api) -> None:
    def titles(query: str, who: str = "ana") -> set[str]:
        items = api(who, "GET", f"/workshops?limit=100&host={api.id('host')}{query}").json()["items"]
        return {item["title"].split(":")[0] for item in items}

    assert {"Live now", "In the lobby", "A design sprint in a day", "Unlimited", "In person"} <= titles("")
    assert {"Full with a waitlist", "Full"} <= titles("")
    assert "Private" not in titles("")
    assert "Private" in titles("", "host")
    assert "Looking back" in titles("&past=true")


def test_the_api_page_is_served(api: Api) -> None:
    root = api.stack["api"].removesuffix("/v1")
    assert "Atelier" in httpx.get(f"{root}/docs").text
    assert httpx.get(f"{root}/docs/openapi.json").json()["openapi"].startswith("3.1")

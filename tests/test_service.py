"""The service's app over HTTP: answers, limits, and what is told of errors."""

import asyncio
import inspect
import json

import httpx
import pytest

from qingyuan.article import Article, Entity, Place, nest
from qingyuan.cli.service import serve
from qingyuan.service import schema
from qingyuan.service.app import create_app
from qingyuan.service.limits import Limits

TEXT = "西藏自治区禁毒办在拉萨市法院开会，中国的人来了。"
PAGE = "拉萨市法院开会\n本报讯 中国的人来到拉萨市法院，\n发动大会。\n（人大）\n\n禁毒办成立\n西藏自治区禁毒办成立大会在拉萨市。\n"
JSON = {"content-type": "application/json"}


def served(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")


def ask(app, path, method="POST", **options):
    """The answer to one request."""

    async def run():
        async with served(app) as client:
            return await client.request(method, path, **options)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def app(tagger):
    return create_app(tagger)


def test_one_text_is_one_article(app, tagger):
    answer = ask(app, "/predict", json={"text": TEXT})
    assert answer.status_code == 200 and answer.json() == tagger.predict(TEXT).to_dict()


def test_many_texts_are_many_articles_in_order(app, tagger):
    texts = [TEXT[start:] for start in range(20)] + ["", "\n"]
    found = ask(app, "/predict", json={"texts": texts}).json()["articles"]
    assert [article["text"] for article in found] == texts
    assert found[3]["entities"][0]["label"] == tagger.predict(texts[3]).entities[0].label
    assert ask(app, "/predict", json={"texts": []}).json() == {"articles": []}


def test_pages(app, tagger):
    page = tagger.predict_page(PAGE).to_dict()
    assert page["articles"]
    assert ask(app, "/predict/page", json={"text": PAGE}).json() == page
    both = ask(app, "/predict/page", json={"texts": [PAGE, ""]}).json()["pages"]
    assert both[0] == page and both[1] == {"text": "", "articles": [], "furniture": []}


def test_threshold_leaves_out_names(app):
    found = [ask(app, "/predict", json={"text": TEXT, "threshold": t}).json()["entities"] for t in (0, 0.7, 1)]
    assert len(found[0]) > len(found[1]) > len(found[2])


def test_answers_are_those_of_the_schema(app):
    """Neither leaves out what the other has."""
    article = ask(app, "/predict", json={"text": TEXT}).json()
    page = ask(app, "/predict/page", json={"text": PAGE}).json()
    assert schema.Article.model_validate(article).model_dump(exclude_unset=True) == article
    assert schema.Page.model_validate(page).model_dump(exclude_unset=True) == page
    for values, model in ((article, schema.Article), (page, schema.Page), (page["articles"][0], schema.PageArticle)):
        assert set(values) == set(model.model_fields)


def test_linked_names_are_those_of_the_schema():
    place = Place("540100", ("西藏自治区", "拉萨市"), "city")
    full = Entity(0, 6, "AGENCY", "拉萨市禁毒办", 0.9, place=place)
    article = Article("拉萨市禁毒办，市禁毒办", (), nest([full, Entity(7, 11, "AGENCY", "市禁毒办", 0.9, refers_to=full)]))
    values = article.to_dict()
    assert values["entities"][0]["place"] and values["entities"][1]["refers_to"] == 0
    assert schema.Article.model_validate(values).model_dump(exclude_unset=True) == values


def test_lone_surrogates_come_back_as_they_went(app):
    answer = ask(app, "/predict", content=b'{"texts": ["\\ud800\\ud83d\\ude00", "\\udfff"]}', headers=JSON)
    assert answer.content.decode("utf-8") and b'"\\ud800' in answer.content
    assert [article["text"] for article in answer.json()["articles"]] == ["\ud800😀", "\udfff"]


@pytest.mark.parametrize(
    "status, body, told",
    [
        (400, b'{"text": ', "not JSON (Expecting value, character 9)"),
        (400, '{"text": "中国"}'.encode("gb18030"), "not UTF-8 at byte 10"),
        (400, b"[" * 100_000, "no JSON of ours"),
        (400, b"9" * 10_000, "no JSON of ours"),
        (422, b"[1]", "dictionary"),
        (422, b"{}", "text: Field required"),
        (422, b'{"text": null}', "text: "),
        (422, b'{"texts": ["a", 7]}', "texts.1: "),
        (422, b'{"text": "a", "texts": ["a"]}', "text: "),
        (422, b'{"text": "a", "treshold": 0.5}', "treshold: "),
        (422, b'{"text": "a", "threshold": 2}', "threshold: "),
        (422, b'{"text": "a", "threshold": NaN}', "threshold: "),
        (422, b'{"text": "a", "\\ud800": 1}', ""),
    ],
)
def test_what_cannot_be_read_is_told(app, status, body, told):
    answer = ask(app, "/predict", content=body, headers=JSON)
    assert answer.status_code == status
    assert told in answer.json()["error"] and answer.json()["cure"]


def test_another_content_type_is_told(app):
    """A form of a foreign page can't send JSON without asking the browser first."""
    answer = ask(app, "/predict", content=b'{"text": "a"}', headers={"content-type": "text/plain"})
    assert answer.status_code == 415 and "application/json" in answer.json()["cure"]


def test_a_request_may_hold_so_much(tagger):
    app = create_app(tagger, limits=Limits(body=1000, texts=3, characters=50))

    async def in_pieces():
        for _ in range(30):
            yield b" " * 50

    for body, cure in (
        ({"content": b" " * 1001}, "--max-body"),
        ({"content": in_pieces()}, "--max-body"),
        ({"json": {"texts": ["a"] * 4}}, "--max-texts"),
        ({"json": {"texts": ["a" * 30, "a" * 21]}}, "--max-characters"),
    ):
        answer = ask(app, "/predict", headers=JSON, **body)
        assert answer.status_code == 413 and cure in answer.json()["cure"]
    assert ask(app, "/predict", json={"texts": ["a" * 25, "a" * 25]}).status_code == 200


def test_too_much_waiting_is_refused_for_a_while(tagger):
    app = create_app(tagger, limits=Limits(texts=2, waiting_texts=2))

    async def run():
        async with served(app) as client:
            return await asyncio.gather(*(client.post("/predict", json={"texts": [TEXT, TEXT]}) for _ in range(3)))

    first, *others = asyncio.run(run())
    assert first.status_code == 200
    assert [other.status_code for other in others] == [429, 429]
    assert int(others[0].headers["retry-after"]) >= 1
    assert ask(app, "/predict", json={"text": TEXT}).status_code == 200


def test_limits_that_exclude_each_other_are_refused():
    with pytest.raises(ValueError, match="--max-waiting-characters"):
        Limits(characters=1000, waiting_characters=999)


class Choking:
    """A tagger that can't swallow one word, and whose error repeats it."""

    def __init__(self, tagger):
        self.tagger = tagger

    def __getattr__(self, name):
        return getattr(self.tagger, name)

    def predict(self, texts, threshold=None):
        for text in texts:
            if "病毒" in text:
                raise RuntimeError(f"choked on {text}")
        return self.tagger.predict(texts, threshold=threshold)


def test_a_text_that_fails_fails_alone_and_is_not_logged(tagger, caplog):
    app = create_app(Choking(tagger))
    good, bad, also_good = ask(app, "/predict", json={"texts": [TEXT, "病毒", TEXT]}).json()["articles"]
    assert good == also_good == tagger.predict(TEXT).to_dict()
    assert bad["error"] == "RuntimeError: choked on 病毒"
    assert ask(app, "/predict", json={"text": "病毒"}).status_code == 500
    assert "RuntimeError" in caplog.text and "test_service.py" in caplog.text and "病毒" not in caplog.text


def test_work_for_a_client_that_is_gone_is_dropped(tagger):
    app = create_app(tagger)

    async def run():
        body = json.dumps({"text": TEXT}).encode()
        coming = [{"type": "http.request", "body": body, "more_body": False}, {"type": "http.disconnect"}]
        sent = []

        async def receive():
            return coming.pop(0)

        async def send(message):
            sent.append(message)

        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/predict", "headers": headers, "query_string": b""}
        await app(scope, receive, send)
        return sent[0]["status"]

    assert asyncio.run(run()) == 499
    assert b"qingyuan_waiting_texts 0.0" in ask(app, "/metrics", "GET").content


def test_health_and_model(app, tagger):
    health = ask(app, "/health", "GET").json()
    assert health["status"] == "ok" and health["loaded"] is True
    assert health["model"] == "default" and health["backend"] == tagger.backend.describe()
    model = ask(app, "/model", "GET").json()
    assert [name["label"] for name in model["labels"]] == list(tagger.taxonomy.label_names)
    assert model["max_texts"] == Limits().texts


def test_metrics(tagger):
    app = create_app(tagger)
    ask(app, "/predict", json={"texts": [TEXT, TEXT]})
    ask(app, "/predict", content=b"", headers=JSON)
    ask(app, "/wp-login.php", "GET")
    lines = ask(app, "/metrics", "GET").text.splitlines()
    assert 'qingyuan_requests_total{path="/predict",status="200"} 1.0' in lines
    assert 'qingyuan_requests_total{path="/predict",status="422"} 1.0' in lines
    assert 'qingyuan_requests_total{path="other",status="404"} 1.0' in lines
    assert 'qingyuan_request_seconds_count{path="/predict"} 2.0' in lines
    assert "qingyuan_batch_texts_sum 2.0" in lines
    assert f"qingyuan_characters_total {2.0 * len(TEXT)}" in lines
    assert "qingyuan_waiting_texts 0.0" in lines


def test_openapi_describes_requests_and_answers(app):
    described = ask(app, "/openapi.json", "GET").json()
    posted = described["paths"]["/predict"]["post"]
    taken = posted["requestBody"]["content"]["application/json"]["schema"]["oneOf"]
    assert [each["$ref"].rsplit("/")[-1] for each in taken] == ["OneText", "ManyTexts"]
    assert {"200", "400", "413", "415", "422", "429", "500", "503"} == set(posted["responses"])
    assert {"Article", "Page", "Entity", "Topic", "Error"} <= set(described["components"]["schemas"])


def test_nothing_is_open_to_other_sites(app):
    answer = ask(app, "/predict", json={"text": TEXT}, headers={"origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert ask(app, "/predict", "OPTIONS", headers={"origin": "https://elsewhere.example"}).status_code == 405


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_run_no_script_of_their_own_text_and_load_nothing_from_elsewhere(app, path):
    answer = ask(app, path, "GET")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "<script>" not in answer.text and "style=" not in answer.text and "onclick" not in answer.text
    assert "//" not in answer.text


def test_no_file_but_those_of_the_pages_is_sent(app):
    assert ask(app, "/static/home.js", "GET").status_code == 200
    for name in ("app.py", "home.html", "../app.py", "..%2fapp.py", "%2fetc%2fpasswd"):
        assert ask(app, f"/static/{name}", "GET").status_code == 404


def test_the_command_and_the_app_have_the_same_limits():
    asked = inspect.signature(serve).parameters
    named = {name.removeprefix("max_"): parameter.default for name, parameter in asked.items()}
    assert named["body"] << 20 == Limits.body
    for name in ("texts", "characters", "waiting_texts", "waiting_characters", "batch_texts", "batch_characters"):
        assert named[name] == getattr(Limits, name)

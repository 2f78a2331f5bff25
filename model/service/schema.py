"""What goes in and out as JSON, for `/openapi.json`. Requests are checked against it; answers are written as they are.

The answers are those of `qingyuan.article` and `qingyuan.page.article`; a test holds them against these models.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Score = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[
    float | None,
    Field(ge=0, le=1, description="Leave out names that score less; without it, what was best on held-out articles."),
]


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")  # a misspelt option must not be passed over


class OneText(Sent):
    """One text; the answer is its article, or page."""

    text: str = Field(examples=["拉萨市禁毒办联合市场监管部门在城关区开展禁毒宣传。"])
    threshold: Threshold = None


class ManyTexts(Sent):
    """Many texts; the answer lists their articles, or pages, in the same order."""

    texts: list[str] = Field(examples=[["拉萨市禁毒办联合市场监管部门在城关区开展禁毒宣传。", "承德市税务局举办培训。"]])
    threshold: Threshold = None


def _one_or_many(body: Any) -> str:
    return "many" if isinstance(body, dict) and "texts" in body else "one"


Texts = Annotated[
    Annotated[OneText, Tag("one")] | Annotated[ManyTexts, Tag("many")],
    Discriminator(_one_or_many),
]


class Topic(BaseModel):
    label: str = Field(examples=["drug_control"])
    name_zh: str = Field(examples=["禁毒"])
    name_en: str = Field(examples=["drug control"])
    score: Score


class Place(BaseModel):
    """An administrative division."""

    code: str = Field(description="Of GB/T 2260.", examples=["540102"])
    path: list[str] = Field(description="Its names from the province down.", examples=[["西藏自治区", "拉萨市", "城关区"]])
    level: str = Field(examples=["county"])


class Entity(BaseModel):
    """A name; offsets count code points, `text` is what stands at [start, end). The last two are there with --link."""

    start: int
    end: int
    label: str = Field(examples=["AGENCY"])
    text: str = Field(examples=["拉萨市禁毒办"])
    score: Score
    parent: int | None = Field(description="The place in `entities` of the name around this one.")
    place: Place | None = Field(None, description="The smallest division that the name tells; left out if none.")
    refers_to: int | None = Field(None, description="The place in `entities` of the longer name it stands for.")


class Tagged(BaseModel):
    topic: str | None = Field(description="The best topic; none for an empty text.", examples=["drug_control"])
    topics: list[Topic] = Field(description="All topics, the best first.")
    entities: list[Entity] = Field(description="By start, the longer first.")


class Text(BaseModel):
    text: str


class Article(Tagged, Text):
    """A text with its topics and entities."""


class Part(BaseModel):
    """[start, end) in the page, and its text without the line breaks inside sentences."""

    start: int
    end: int
    text: str


class Furniture(Part):
    """A caption, a page number or a masthead."""

    role: str = Field(examples=["caption"])


class PageArticle(Tagged):
    """[start, end) in the page; the offsets of its entities count in the page too."""

    start: int
    end: int
    title: Part | None
    subheads: list[Part]
    byline: list[Part]
    body: list[Part]


class Page(BaseModel):
    text: str
    articles: list[PageArticle]
    furniture: list[Furniture]


class Error(BaseModel):
    """What is wrong, and what to do about it."""

    error: str
    cure: str


class Articles(BaseModel):
    """In the place of a text that could not be tagged stands its error."""

    articles: list[Article | Error]


class Pages(BaseModel):
    """In the place of a page that could not be tagged stands its error."""

    pages: list[Page | Error]


class Health(BaseModel):
    status: str = Field(examples=["ok"])
    loaded: bool = Field(description="Whether the model is loaded; requests wait for nothing else.")
    model: str = Field(examples=["default"])
    backend: str = Field(examples=["onnx (ONNX Runtime 1.22.0, int8), cpu, 2 threads"])
    version: str = Field(examples=["0.1.0"])


class Name(BaseModel):
    """A label or a topic, and what people call it."""

    label: str
    zh: str
    en: str


class Model(BaseModel):
    """What the model tells apart, and what a request may hold."""

    labels: list[Name]
    topics: list[Name]
    max_body: int = Field(description="Bytes of a request.")
    max_texts: int
    max_characters: int = Field(description="Of all texts of a request.")

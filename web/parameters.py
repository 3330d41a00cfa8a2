"""What a request may say, checked once at the edge and turned into our values.

One model serves the address of ``GET``, the JSON body of ``POST`` and the page's form, so that they accept the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator, model_validator

from search import query
from search.dates import parse_period
from search.errors import BadInput
from search.query import MAX_WINDOW, PLURALS, Filters, Interval, Mode, Query, Sort

MAX_COMPARED = 4

Name = Annotated[str, StringConstraints(max_length=500)]
Names = Annotated[list[Name], Field(max_length=100)]


def refuse_unknown(given: Any, model: type[BaseModel]) -> None:
    """Raises BadInput for what is no object, and for a name that the model does not know."""
    if not isinstance(given, Mapping):
        raise BadInput("The body must be a JSON object, sent with Content-Type: application/json.", field="body")
    for name in given:
        if name not in model.model_fields:
            shown = name if len(name) <= 40 else name[:40] + "…"
            known = ", ".join(one for one in model.model_fields if not one.startswith("not_"))
            excluded = ", and not_source, not_topic … which exclude" if "not_source" in model.model_fields else ""
            raise BadInput(f"Unknown parameter {shown!r}: the known ones are {known}{excluded}.", field=shown)


class Parameters(BaseModel):
    """Base of all searches: refuses unknown names, takes a blank or null for "not given" and one value for a list of one."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, given: Any) -> Any:
        refuse_unknown(given, cls)
        tidy: dict[str, Any] = {}
        for name, value in given.items():
            if get_origin(cls.model_fields[name].annotation) is list:
                values = [one for one in (value if isinstance(value, list) else [value]) if not _blank(one)]
                if values:
                    tidy[name] = values
            elif not _blank(value):
                tidy[name] = value
        return tidy

    @classmethod
    def refuse_repeats(cls, address: Iterable[tuple[str, str]]) -> None:
        """Raises BadInput when an address gives a single value twice: which one is meant cannot be known."""
        for name, times in Counter(name for name, value in address if not _blank(value)).items():
            if times > 1 and get_origin(cls.model_fields[name].annotation) is not list:
                raise BadInput(f"{name} is given {times} times: give it once.", field=name)


class Conditions(BaseModel):
    """How articles are looked for, and which may be found at all."""

    mode: Mode = Field(Mode.HYBRID, description="First stage: words and meaning (hybrid), meaning (dense) or words (bm25).")
    rerank: bool = Field(True, description="Let the cross-encoder read the best passages and order the articles again.")
    after: Name | None = Field(None, description="Published then or later: 2020, 2020-04, 2020-04-21 or an ISO time.", examples=["2020"])
    before: Name | None = Field(None, description="Published then or earlier; 2020 is until the end of 2020.", examples=["2021-06"])
    source: Names = Field([], description="Published by this source; of several any one.")
    topic: Names = Field([], description="About this topic; of several any one.", examples=[["Business"]])
    author: Names = Field([], description="Written by this author; of several any one.")
    language: Names = Field([], description="In this language; of several any one.")
    sentiment: Names = Field([], description="Of this sentiment, as a head judged it: negative, neutral or positive.")
    person: Names = Field([], description="With this person named in it; of several any one.")
    organisation: Names = Field([], description="With this organisation named in it; of several any one.")
    place: Names = Field([], description="With this place named in it; of several any one.")
    label: Names = Field([], description="With this label of a head of your own: its task and the label, as in 'section: Politics'.")
    not_source: Names = Field([], description="Not published by this source, nor by any other that is given.")
    not_topic: Names = Field([], description="Not about this topic.")
    not_author: Names = Field([], description="Not written by this author.")
    not_language: Names = Field([], description="Not in this language.")
    not_sentiment: Names = Field([], description="Not of this sentiment.")
    not_person: Names = Field([], description="Without this person in it.")
    not_organisation: Names = Field([], description="Without this organisation in it.")
    not_place: Names = Field([], description="Without this place in it.")
    not_label: Names = Field([], description="Not with this label of a head of your own.")
    half_life: float | None = Field(
        None, gt=0, description="Recency boost: after so many days half of it is left. Ages count from the archive's newest article."
    )

    @field_validator("*", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, given: Any, info: ValidationInfo) -> Any:
        several = get_origin(cls.model_fields[str(info.field_name)].annotation) is list
        return [given] if several and isinstance(given, str) else given

    def filters(self) -> Filters:
        """The same as Filters. Raises BadInput for a date that cannot be read."""
        return Filters(
            after=parse_period(self.after, "after").first if self.after else None,
            before=parse_period(self.before, "before").last if self.before else None,
            without=query.Names(**{plural: tuple(getattr(self, f"not_{field}")) for field, plural in PLURALS.items()}),
            **{plural: tuple(getattr(self, field)) for field, plural in PLURALS.items()},
        )


class Sought(Parameters):
    """What is looked for; its own class, so that it comes first."""

    q: str | list[str]


class FilterParameters(Conditions, Sought):
    """What is looked for and how, and which articles may be found at all."""


_Q = "What to look for: words, names, a question, a description of the story; also operators (see the query language)."


class PageParameters(FilterParameters):
    """A search as the page may ask for it; without ``q`` there is nothing to search for yet."""

    q: str = Field("", description=_Q, examples=["oil industry during the outbreak"])
    top_k: int = Field(10, ge=1, le=MAX_WINDOW, description="Number of articles to return; offset + top_k may be 1,000.", examples=[5])
    offset: int = Field(0, ge=0, le=MAX_WINDOW, description="Number of articles of the ranking to skip.")
    sort: Sort = Field(Sort.RELEVANCE, description="Order: by relevance, or all that match by date; date is another name of newest.")
    facets: bool = Field(False, description="Count all articles that match by source, topic, author and language, and by what heads say.")
    timeline: Interval | None = Field(None, description="Count all articles that match over time, in bars of this length.")
    stories: bool = Field(False, description="One hit per story, with the other articles on it.")

    def query(self) -> Query:
        """The same as a Query. Raises BadInput for what no search could answer."""
        return Query(
            text=self.q,
            top_k=self.top_k,
            offset=self.offset,
            mode=self.mode,
            rerank=self.rerank,
            sort=self.sort,
            filters=self.filters(),
            half_life_days=self.half_life,
            facets=self.facets,
            timeline=self.timeline,
            stories=self.stories,
        )


class SearchParameters(PageParameters):
    """A search as the API takes it."""

    q: str = Field(description=_Q, examples=["oil industry during the outbreak"])


class SheetParameters(SearchParameters):
    """A search whose numbers are wanted as CSV."""

    bom: bool = Field(False, description="Begin with a byte order mark, which Excel needs to read UTF-8.")


class CompareParameters(FilterParameters):
    """Searches side by side, under the same filters."""

    q: list[str] = Field(
        min_length=1, max_length=MAX_COMPARED, description="The queries, at most four.", examples=[["interest rates", "trade deficit"]]
    )
    timeline: Interval = Field(Interval.AUTO, description="Length of the bars.")

    def queries(self) -> tuple[Query, ...]:
        """One Query for each. Raises BadInput for what no search could answer."""
        filters = self.filters()
        return tuple(Query(text, top_k=1, mode=self.mode, rerank=self.rerank, filters=filters, timeline=self.timeline) for text in self.q)


class CompareSheetParameters(CompareParameters):
    """A comparison whose numbers are wanted as CSV."""

    bom: bool = Field(False, description="Begin with a byte order mark, which Excel needs to read UTF-8.")


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())

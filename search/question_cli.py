"""What `broadsheet answer` does without a passage: the archive is searched and the best articles are read."""

from search.query import Query
from search.settings import Settings


def answer_from_archive(question: Query, settings: Settings, task: str | None, *, as_json: bool) -> None:
    """Prints the answers to the question, as the API gives them or as text. Raises NoIndex, and NotFound without a head that reads."""
    from search.assemble import open_predictor
    from search.cli import indexed_engine
    from search.question_answering import find_answers

    engine = indexed_engine(settings)
    predictor = open_predictor(settings, engine)
    (found,) = find_answers([question], engine, lambda pairs: predictor.answer(pairs, task))
    if as_json:
        from search.answers import FindingsAnswer

        print(FindingsAnswer.of(found).model_dump_json(indent=2))
    else:
        from search.terminal import print_findings

        print_findings(found)

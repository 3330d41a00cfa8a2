from search.annotation import Entity
from search.heads import tagging
from search.heads.mentions import LEAST_PROBABILITY, MOST_NAMES, names_of


def _mention(text: str, kind: str, start: int = 10, probability: float = 0.9) -> tagging.Entity:
    return tagging.Entity(text, kind, start, start + len(text), probability)


def test_a_name_is_listed_once_with_its_surest_mentions_in_the_body() -> None:
    found = [
        _mention("Ada Bell", "PER", 0, 0.99),  # in the title
        _mention("ADA  BELL", "PER", 20, 0.8),
        _mention("Ada Bell’s", "PER", 40, 0.7),
        _mention("Ada Bell", "PER", 60, 0.95),
        _mention("Ada Bell", "PER", 80, 0.6),
        _mention("OPEC", "ORG", 30, 0.8),
    ]
    assert names_of(found, body=10) == (
        Entity("Ada Bell", "person", 5, 0.99, ((10, 19), (30, 40), (50, 58))),
        Entity("OPEC", "organisation", 1, 0.8, ((20, 24),)),
    )


def test_a_last_name_alone_counts_for_the_only_person_who_has_it() -> None:
    alone = [_mention("Carr", "PER"), _mention("Ben Carr", "PER")]
    assert [(one.name, one.count) for one in names_of(alone, 0)] == [("Ben Carr", 2)]
    two = [*alone, _mention("Eva Carr", "PER")]
    assert {one.name for one in names_of(two, 0)} == {"Carr", "Ben Carr", "Eva Carr"}
    place = [_mention("Bell", "LOC"), _mention("Ada Bell", "PER")]
    assert {(one.name, one.type) for one in names_of(place, 0)} == {("Bell", "place"), ("Ada Bell", "person")}


def test_a_name_has_the_type_of_which_it_is_surest() -> None:
    found = [
        _mention("Turin", "ORG", probability=0.9),
        _mention("Turin", "LOC", probability=0.6),
        _mention("Turin", "GPE", probability=0.7),
    ]
    assert [(one.type, one.count) for one in names_of(found, 0)] == [("place", 3)]
    assert [one.type for one in names_of([_mention("Omicron", "MISC"), _mention("Delta", "anything")], 0)] == ["other", "other"]


def test_what_is_unsure_or_no_name_is_left_out() -> None:
    found = [
        _mention("Ada Bell", "PER", probability=LEAST_PROBABILITY - 0.01),
        _mention("A", "PER"),
        _mention("12", "ORG"),
        _mention("--", "LOC"),
        _mention("京", "LOC"),
    ]
    assert [one.name for one in names_of(found, 0)] == ["京"]


def test_a_title_alone_is_no_name() -> None:
    assert names_of([_mention("Mr", "ORG"), _mention("The", "LOC"), _mention("Dr.", "PER")], 0) == ()


def test_what_does_not_belong_to_a_name_is_cut_off() -> None:
    found = [
        _mention("Mr Panke", "PER", 10),
        _mention("Helmut Panke", "PER", 30),
        _mention("the Nikkei index of", "ORG", 50),
        _mention("Exchange Commission (SEC", "ORG", 80),
        _mention("broadband", "ORG"),
        _mention("set for Turin", "LOC", 150),
        _mention("bin Laden", "PER", 110),
        _mention("al-Qaeda", "ORG", 130),
    ]
    assert {(one.name, one.count, one.mentions) for one in names_of(found, 10)} == {
        ("Helmut Panke", 2, ((3, 8), (20, 32))),
        ("Nikkei", 1, ((44, 50),)),
        ("Exchange Commission", 1, ((70, 89),)),
        ("bin Laden", 1, ((100, 109),)),
        ("Turin", 1, ((148, 153),)),
        ("al-Qaeda", 1, ((120, 128),)),
    }


def test_only_the_most_frequent_of_very_many_names_are_kept() -> None:
    found = [_mention(f"Town{chr(97 + i % 26)}{chr(97 + i // 26)}", "LOC") for i in range(MOST_NAMES + 40)]
    names = names_of([*found, found[-1]], 0)
    assert (len(names), names[0].name, names[0].count) == (MOST_NAMES, found[-1].text, 2)

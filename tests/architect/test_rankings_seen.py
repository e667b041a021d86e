from scripted_client import Ranking, ranked

from archkit.architect.rankings_seen import Evidence


def seen(*rankings):
    evidence = Evidence()
    for kind, names in rankings:
        items = [ranked(name.lower().replace(" ", "-"), 0.5, name=name) for name in names]
        evidence.add(Ranking(kind, {}, items), kind=kind)
    return evidence


def test_main_ranking_is_the_first_kind_as_ranked_last():
    evidence = seen(("", ["A"]), ("x", []), ("y", ["B"]), ("z", ["C"]), ("y", ["B", "D"]))
    assert evidence.main is evidence[4]
    assert seen(("", ["A"]), ("", ["B"])).main.query == ""
    assert seen().main is None
    assert seen(("x", [])).main is None


def test_pattern_counts_once_as_ranked_last():
    evidence = seen(("x", ["A", "B"]), ("y", ["A"]))
    assert [r.pattern.slug for r in evidence.patterns()] == ["a", "b"]
    assert evidence.ranking_of("a") is evidence[1]
    assert evidence.ranking_of("b") is evidence[0]
    assert evidence.named("c") is None
    assert repr(evidence) == "Evidence(2 rankings, 2 patterns)"


def test_name_means_a_pattern_by_slug_name_or_part():
    evidence = seen(("x", ["DataLoader (batching)", "Eager loading", "Lazy loading"]))

    def meant(text):
        return [r.pattern.name for r in evidence.meant(text)]

    assert meant("eager-loading") == meant("Loading, eager") == ["Eager loading"]
    assert meant("dataloader") == ["DataLoader (batching)"]
    assert meant("eager loading with joins") == ["Eager loading"]
    assert meant("loading") == ["Eager loading", "Lazy loading"]
    assert meant("nothing like it") == meant("") == meant("!") == []

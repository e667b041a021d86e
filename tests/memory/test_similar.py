from archkit.library import read_library
from archkit.memory.similar import SIMILAR, Similarity
from archkit.records import Pattern

WORDS = "Sign users in without keeping a session on any server"


def test_the_same_words_under_another_name_are_found():
    alike = Similarity([Pattern("a", "Tokens", problem=WORDS), Pattern("b", "Caching in layers")])
    assert alike.nearest(Pattern("c", "Tokens", problem=WORDS)) == ("a", 1.0)


def test_a_pattern_is_not_like_itself_and_nothing_is_like_what_shares_no_word():
    alike = Similarity([Pattern("a", "Tokens", problem=WORDS)])
    assert alike.nearest(Pattern("a", "Tokens", problem=WORDS)) is None
    assert alike.nearest(Pattern("z", "Zebra", problem="stripes")) is None


def test_no_two_of_the_kit_s_patterns_are_alike():
    patterns = read_library().patterns
    alike = Similarity(patterns)
    nearest = [found for pattern in patterns if (found := alike.nearest(pattern))]
    assert max(share for _, share in nearest) < SIMILAR

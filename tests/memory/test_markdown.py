from archkit.memory.markdown import Markdown, bullet, quoted


def test_a_notebook_renders_the_text():
    assert Markdown("# a")._repr_markdown_() == "# a"
    assert Markdown("# a") == "# a"


def test_what_is_quoted_begins_no_tag_and_no_line():
    assert quoted("<script>x</script>\n# head") == "\\<script>x\\</script> # head"
    assert quoted("a <100 ms b") == "a <100 ms b"


def test_a_bullet_of_nothing_is_none():
    assert bullet("Pros", ()) == []
    assert bullet("Pros", ("a", "b")) == ["   - Pros: a; b"]

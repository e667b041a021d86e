import pytest

from archkit.errors import StoreError
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.records import Lesson

COUNT = "SELECT count(*) AS n FROM lesson"


def test_questions_to_a_snapshot_are_answered_from_one_state(tmp_path):
    with Memory(tmp_path, library=False) as memory:
        memory.record_lesson(Lesson("One."))
        with snapshot(memory) as state:
            memory.record_lesson(Lesson("Two."))  # acknowledged: it is in the spool
            assert [state.sql(COUNT)["n"][0], state.sql(COUNT)["n"][0]] == [1, 1]
            named = state.sql("SELECT text FROM lesson WHERE text = $text", text="One.")
            assert named["text"].tolist() == ["One."]
        assert memory.sql(COUNT)["n"][0] == 2


def test_a_snapshot_is_opened_with_the_library_in_it(tmp_path):
    with Memory(tmp_path) as memory, snapshot(memory) as state:
        assert state.sql("SELECT count(*) AS n FROM pattern")["n"][0] > 50


@pytest.mark.parametrize("text", ["DELETE FROM lesson", "SELECT 1; SELECT 2", "", "SELECT nope"])
def test_a_snapshot_is_only_asked(tmp_path, text):
    with Memory(tmp_path, library=False) as memory, snapshot(memory) as state:
        with pytest.raises(StoreError):
            state.sql(text)
        assert state.sql(COUNT)["n"][0] == 0

-- One row: a pattern whose status was said after its wording, with what was said last.
CREATE VIEW status_said AS
SELECT s.slug, s.status, s.reason, s.said_by, s.agent, s.said_at, s.hand_at, s.event_id
FROM (
  SELECT
    slug, status, reason, said_by, agent, said_at, event_id,
    max(CASE WHEN said_by = 'hand' THEN said_at END) OVER (PARTITION BY slug) AS hand_at,
    row_number() OVER (PARTITION BY slug ORDER BY said_at DESC, event_id DESC) AS place
  FROM pattern_status
) s
WHERE s.place = 1;
COMMENT ON VIEW status_said IS 'One pattern that was promoted, retired or reinstated, as it was said last.';
COMMENT ON COLUMN status_said.slug IS 'The pattern.';
COMMENT ON COLUMN status_said.status IS 'candidate, active or retired.';
COMMENT ON COLUMN status_said.reason IS 'Why, in words.';
COMMENT ON COLUMN status_said.said_by IS 'hand: somebody said so; learning: it followed from the evidence.';
COMMENT ON COLUMN status_said.agent IS 'Who said so.';
COMMENT ON COLUMN status_said.said_at IS 'When (UTC).';
COMMENT ON COLUMN status_said.hand_at IS 'When somebody last said its status by hand (UTC); null if never.';
COMMENT ON COLUMN status_said.event_id IS 'Where it is written.';

-- One row: an event that is kept out of the memory now.
CREATE VIEW withheld_event AS
SELECT
  w.event_id,
  min(w.by_event) AS by_event,
  min(w.action) AS action,
  max(CASE WHEN w.action = 'forgotten' THEN 1 ELSE 0 END) = 1 AS for_good
FROM withheld w
LEFT JOIN undone u ON u.by_event = w.by_event
WHERE u.by_event IS NULL OR w.action = 'forgotten'
GROUP BY w.event_id;
COMMENT ON VIEW withheld_event IS 'One event that is kept out of the memory now: archived, reset, or forgotten.';
COMMENT ON COLUMN withheld_event.event_id IS 'The event; for a broken line of the spool its file, a colon and its byte.';
COMMENT ON COLUMN withheld_event.by_event IS 'The audit event that took it out; of several the first by name.';
COMMENT ON COLUMN withheld_event.action IS 'What that did: archived, reset, restored (an exact restore sets aside what came later) or forgotten.';
COMMENT ON COLUMN withheld_event.for_good IS 'Whether nothing can bring it back: it is forgotten.';

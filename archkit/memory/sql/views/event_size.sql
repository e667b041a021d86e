-- One row: an event that counts toward the budget of an agent.
CREATE VIEW event_size AS
SELECT
  e.event_id,
  e.recorded_at,
  e.kind,
  coalesce(
    nullif(json_extract_string(e.payload, '$.agent'), ''), nullif(e.agent, ''), nullif(d.agent, ''), s.agent, ''
  ) AS agent,
  octet_length(encode(CAST(e.payload AS VARCHAR))) AS bytes
FROM event e
LEFT JOIN decision d ON d.decision_id = json_extract_string(e.payload, '$.decision_id')
LEFT JOIN session s ON s.session_id = e.session_id
WHERE e.agent <> 'library'
  AND e.kind NOT IN (
    'archived', 'restored', 'forgotten', 'reset', 'imported', 'exported', 'backed_up', 'trained', 'pinned'
  );
COMMENT ON VIEW event_size IS 'One event that counts toward the budget of an agent; neither the kit''s library nor what was done to the memory does.';
COMMENT ON COLUMN event_size.event_id IS 'The event.';
COMMENT ON COLUMN event_size.recorded_at IS 'When it was written down (UTC).';
COMMENT ON COLUMN event_size.kind IS 'What it is.';
COMMENT ON COLUMN event_size.agent IS 'Whose it is: as it says itself, else that of its decision, else of its session; empty if nobody''s.';
COMMENT ON COLUMN event_size.bytes IS 'Its payload as canonical JSON in UTF-8 (bytes).';

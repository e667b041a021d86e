-- A made-up try of a solution to an error.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  used_at AS recorded_at,
  'solution_use' AS kind,
  agent,
  session_id,
  slug AS entity_id,
  to_json({
    slug: slug, effective: effective, applied: '', source: 'simulated', used_at: iso(used_at)
  }) AS payload
FROM drawn_solution_use;

-- A made-up use of a pattern, noted by itself.
INSERT INTO drawn_event BY NAME
SELECT
  id AS event_id,
  used_at AS recorded_at,
  'pattern_use' AS kind,
  '' AS agent,
  slug AS entity_id,
  to_json({slug: slug, y: y, source: 'simulated', used_at: iso(used_at)}) AS payload
FROM drawn_pattern_use;

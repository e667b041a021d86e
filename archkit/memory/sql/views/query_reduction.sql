-- One row: one measurement of queries before and after a change.
CREATE VIEW query_reduction AS
SELECT
  m.measurement_id,
  m.pattern AS slug,
  coalesce(p.name, m.pattern) AS name,
  m.label,
  m.n,
  m.cache,
  m.queries_before,
  m.queries_after,
  CASE
    WHEN m.queries_before > 0
      THEN 1 - CAST(m.queries_after AS DOUBLE) / CAST(m.queries_before AS DOUBLE)
  END AS reduction_share,
  m.rows_read,
  m.before_ms,
  m.after_ms,
  m.source,
  coalesce(s.provenance, m.source) AS provenance,
  m.measured_at,
  m.decision_id
FROM (
  SELECT
    w.measurement_id, w.pattern, w.label, w.n, w.cache, w.queries_before, w.queries_after, w.rows_read,
    w.before_ms, w.after_ms, w.measured_at, w.decision_id,
    CASE
      WHEN i.event_id IS NULL OR w.source IN ('reported', 'simulated') THEN w.source
      WHEN w.source = 'model' THEN 'imported_model'
      ELSE 'imported'
    END AS source
  FROM query_measurement w
  LEFT JOIN imported_event i ON i.event_id = w.event_id
) m
LEFT JOIN pattern p ON p.slug = m.pattern
LEFT JOIN source s ON s.source = m.source;
COMMENT ON VIEW query_reduction IS 'One measurement of a request''s queries before and after a change.';
COMMENT ON COLUMN query_reduction.measurement_id IS 'The measurement.';
COMMENT ON COLUMN query_reduction.slug IS 'The pattern applied; null if none was named.';
COMMENT ON COLUMN query_reduction.name IS 'Its name.';
COMMENT ON COLUMN query_reduction.label IS 'What was measured.';
COMMENT ON COLUMN query_reduction.n IS 'Size of the request (items asked for).';
COMMENT ON COLUMN query_reduction.cache IS 'State of the cache that was measured, cold or warm; null where there is none.';
COMMENT ON COLUMN query_reduction.queries_before IS 'Queries for the request before the change (count).';
COMMENT ON COLUMN query_reduction.queries_after IS 'Queries for the same request after it (count).';
COMMENT ON COLUMN query_reduction.reduction_share IS 'Share of queries done away with: at most 1, negative when queries were added, null if there were none.';
COMMENT ON COLUMN query_reduction.rows_read IS 'Rows that the request read after the change (count).';
COMMENT ON COLUMN query_reduction.before_ms IS 'Time the request took before the change (milliseconds).';
COMMENT ON COLUMN query_reduction.after_ms IS 'Time the request took after it (milliseconds).';
COMMENT ON COLUMN query_reduction.source IS 'Who says so.';
COMMENT ON COLUMN query_reduction.provenance IS 'How it is drawn: measured, observed, reported or simulated.';
COMMENT ON COLUMN query_reduction.measured_at IS 'When it was measured (UTC).';
COMMENT ON COLUMN query_reduction.decision_id IS 'The decision it belongs to; null if none was named.';

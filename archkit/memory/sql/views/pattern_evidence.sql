-- One row: one use of a pattern with what came of it, or what somebody reports of many uses.
CREATE VIEW pattern_evidence AS
SELECT
  e.slug,
  coalesce(p.name, e.slug) AS name,
  p.area,
  p.kind,
  coalesce(w.status, p.status) AS status,
  e.use_id,
  e.decision_id,
  e.session_id,
  e.source,
  coalesce(s.provenance, e.source) AS provenance,
  e.y,
  e.uses,
  e.used_at,
  e.outcome_at,
  e.origin,
  CASE WHEN k.slug IS NULL OR e.outcome_at >= k.began_at THEN 1 ELSE k.weight END AS weight
FROM (
  SELECT
    u.slug, u.use_id, u.decision_id, u.session_id, o.source, o.value AS y,
    CAST(1 AS DOUBLE) AS uses, u.used_at, o.observed_at AS outcome_at, o.origin
  FROM pattern_use u
  LEFT JOIN latest_outcome o ON o.decision_id = u.decision_id
  WHERE u.decision_id IS NOT NULL
  UNION ALL
  SELECT
    u.slug, u.use_id, u.decision_id, u.session_id, CASE
    WHEN i.event_id IS NULL OR u.source IN ('reported', 'simulated') THEN u.source
    WHEN u.source = 'model' THEN 'imported_model'
    ELSE 'imported'
  END AS source, u.y,
    CAST(1 AS DOUBLE) AS uses, u.used_at, u.used_at AS outcome_at, i.origin
  FROM pattern_use u
  LEFT JOIN imported_event i ON i.event_id = u.event_id
  WHERE u.decision_id IS NULL
  UNION ALL
  SELECT
    r.slug, 'reported:' || r.slug AS use_id, CAST(NULL AS VARCHAR) AS decision_id,
    CAST(NULL AS VARCHAR) AS session_id, 'reported' AS source, r.reported_rate AS y,
    r.reported_uses AS uses, CAST(NULL AS TIMESTAMP) AS used_at,
    CAST(NULL AS TIMESTAMP) AS outcome_at, CAST(NULL AS VARCHAR) AS origin
  FROM pattern r
  WHERE r.reported_rate IS NOT NULL AND r.reported_uses > 0
) e
LEFT JOIN pattern p ON p.slug = e.slug
LEFT JOIN source s ON s.source = e.source
LEFT JOIN status_said w ON w.slug = e.slug
LEFT JOIN pattern_epoch k ON k.slug = e.slug AND k.is_current;
COMMENT ON VIEW pattern_evidence IS 'One use of a pattern with its outcome; what is reported of many uses is one row too.';
COMMENT ON COLUMN pattern_evidence.slug IS 'The pattern.';
COMMENT ON COLUMN pattern_evidence.name IS 'Its name.';
COMMENT ON COLUMN pattern_evidence.area IS 'Focus area; null if the pattern is not known here.';
COMMENT ON COLUMN pattern_evidence.kind IS 'The choice that the pattern answers.';
COMMENT ON COLUMN pattern_evidence.status IS 'candidate, active or retired: as said last, else as worded.';
COMMENT ON COLUMN pattern_evidence.use_id IS 'The use.';
COMMENT ON COLUMN pattern_evidence.decision_id IS 'The decision that used it; null if the use was noted by itself or is reported.';
COMMENT ON COLUMN pattern_evidence.session_id IS 'The session it was decided in.';
COMMENT ON COLUMN pattern_evidence.source IS 'Who says how it went: measured, team, model, reported, simulated, or imported (imported_model) from another memory; null while nobody does.';
COMMENT ON COLUMN pattern_evidence.provenance IS 'How it is drawn: measured, observed, reported or simulated; null while nobody says how it went.';
COMMENT ON COLUMN pattern_evidence.y IS 'How it went (0 to 1): value of the latest outcome; null if not known yet.';
COMMENT ON COLUMN pattern_evidence.uses IS 'Uses that the row stands for: 1, or the reported number, which may be a fraction.';
COMMENT ON COLUMN pattern_evidence.used_at IS 'When it was used (UTC); null for reported figures.';
COMMENT ON COLUMN pattern_evidence.outcome_at IS 'When its outcome was observed (UTC).';
COMMENT ON COLUMN pattern_evidence.origin IS 'The memory that its outcome was imported from; null if it was recorded here.';
COMMENT ON COLUMN pattern_evidence.weight IS 'What it counts (0 to 1): 1, or less if it is from before an epoch of the pattern began.';

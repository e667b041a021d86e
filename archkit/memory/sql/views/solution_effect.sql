-- One row: a solution to an error by who says how well it helped.
CREATE VIEW solution_effect AS
SELECT
  e.slug,
  w.signature,
  coalesce(w.name, e.slug) AS name,
  e.source,
  coalesce(s.provenance, e.source) AS provenance,
  e.uses,
  e.effective_rate
FROM (
  SELECT
    slug, source, CAST(count(*) AS DOUBLE) AS uses,
    avg(CASE WHEN effective THEN 1.0 ELSE 0.0 END) AS effective_rate
  FROM (
    SELECT w.slug, w.effective, CASE
    WHEN i.event_id IS NULL OR w.source IN ('reported', 'simulated') THEN w.source
    WHEN w.source = 'model' THEN 'imported_model'
    ELSE 'imported'
  END AS source
    FROM solution_use w
    LEFT JOIN imported_event i ON i.event_id = w.event_id
  ) u
  WHERE effective IS NOT NULL
  GROUP BY slug, source
  UNION ALL
  SELECT slug, 'reported' AS source, reported_uses AS uses, reported_rate AS effective_rate
  FROM solution
  WHERE reported_rate IS NOT NULL AND reported_uses > 0
) e
LEFT JOIN solution w ON w.slug = e.slug
LEFT JOIN source s ON s.source = e.source;
COMMENT ON VIEW solution_effect IS 'One solution to an error by source: how often it was used and how often it helped.';
COMMENT ON COLUMN solution_effect.slug IS 'The solution.';
COMMENT ON COLUMN solution_effect.signature IS 'The error it answers.';
COMMENT ON COLUMN solution_effect.name IS 'Its name.';
COMMENT ON COLUMN solution_effect.source IS 'Who says so.';
COMMENT ON COLUMN solution_effect.provenance IS 'How it is drawn: measured, observed, reported or simulated.';
COMMENT ON COLUMN solution_effect.uses IS 'Uses with a known effect (count; a reported one may be a fraction).';
COMMENT ON COLUMN solution_effect.effective_rate IS 'Share of them in which it helped (0 to 1), plain, without a prior.';

-- One row: a pattern in a month by who says how its uses went.
CREATE VIEW pattern_by_month AS
SELECT
  slug,
  name,
  date_trunc('month', used_at) AS month,
  source,
  sum(uses) AS uses,
  sum(y * uses) / sum(uses) AS mean_y
FROM pattern_evidence
WHERE y IS NOT NULL AND used_at IS NOT NULL
GROUP BY slug, name, date_trunc('month', used_at), source;
COMMENT ON VIEW pattern_by_month IS 'One pattern in one month (UTC) by source: its dated uses whose outcome is known.';
COMMENT ON COLUMN pattern_by_month.slug IS 'The pattern.';
COMMENT ON COLUMN pattern_by_month.name IS 'Its name.';
COMMENT ON COLUMN pattern_by_month.month IS 'First day of the month in which it was used (UTC).';
COMMENT ON COLUMN pattern_by_month.source IS 'Who says how it went.';
COMMENT ON COLUMN pattern_by_month.uses IS 'Uses with a known outcome (count).';
COMMENT ON COLUMN pattern_by_month.mean_y IS 'Their mean value (0 to 1), plain, without a prior.';

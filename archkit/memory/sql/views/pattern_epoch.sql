-- One row: one time from which on a pattern is taken to work otherwise than before.
CREATE VIEW pattern_epoch AS
SELECT
  e.slug,
  coalesce(p.name, e.slug) AS name,
  e.began_at,
  e.noticed_at,
  e.weight,
  e.bayes_factor,
  e.rate_before,
  e.n_before,
  e.rate_after,
  e.n_after,
  e.reason,
  e.recorded_at,
  u.recorded_at AS undone_at,
  u.reason AS undone_reason,
  CASE
    WHEN u.recorded_at IS NULL
      THEN e.began_at = max(CASE WHEN u.recorded_at IS NULL THEN e.began_at END)
        OVER (PARTITION BY e.slug)
    ELSE FALSE
  END AS is_current
FROM epoch e
LEFT JOIN epoch_undone u ON u.slug = e.slug AND u.began_at = e.began_at
LEFT JOIN pattern p ON p.slug = e.slug;
COMMENT ON VIEW pattern_epoch IS 'One time from which on a pattern is taken to work otherwise than before, taken back or not.';
COMMENT ON COLUMN pattern_epoch.slug IS 'The pattern.';
COMMENT ON COLUMN pattern_epoch.name IS 'Its name.';
COMMENT ON COLUMN pattern_epoch.began_at IS 'When the first outcome that tells was seen (UTC).';
COMMENT ON COLUMN pattern_epoch.noticed_at IS 'When the last outcome that tells was seen (UTC).';
COMMENT ON COLUMN pattern_epoch.weight IS 'What an outcome from before still counts (0 to 1).';
COMMENT ON COLUMN pattern_epoch.bayes_factor IS 'How many times likelier the outcomes since are under a rate of their own.';
COMMENT ON COLUMN pattern_epoch.rate_before IS 'Success rate of the outcomes before (posterior mean, 0 to 1).';
COMMENT ON COLUMN pattern_epoch.n_before IS 'How many outcomes that rate is over (count).';
COMMENT ON COLUMN pattern_epoch.rate_after IS 'Success rate of the outcomes that tell (posterior mean, 0 to 1).';
COMMENT ON COLUMN pattern_epoch.n_after IS 'How many outcomes that rate is over (count).';
COMMENT ON COLUMN pattern_epoch.reason IS 'In words.';
COMMENT ON COLUMN pattern_epoch.recorded_at IS 'When it was written down (UTC).';
COMMENT ON COLUMN pattern_epoch.undone_at IS 'When it was taken back (UTC); null if it holds.';
COMMENT ON COLUMN pattern_epoch.undone_reason IS 'Why it was taken back.';
COMMENT ON COLUMN pattern_epoch.is_current IS 'Whether it is the pattern''s latest that holds: evidence from before weighs less.';

-- One row: one figure that somebody else reports of a pattern.
CREATE VIEW reported_metric AS
SELECT f.slug, coalesce(p.name, f.slug) AS name, f.metric, f.value, f.text, f.origin
FROM reported_figure f
LEFT JOIN pattern p ON p.slug = f.slug;
COMMENT ON VIEW reported_metric IS 'One figure that somebody else reports of a pattern; success_rate and uses are among them.';
COMMENT ON COLUMN reported_metric.slug IS 'The pattern.';
COMMENT ON COLUMN reported_metric.name IS 'Its name.';
COMMENT ON COLUMN reported_metric.metric IS 'Name of the figure, with its unit.';
COMMENT ON COLUMN reported_metric.value IS 'The figure, in the unit its name says; null if it is no number.';
COMMENT ON COLUMN reported_metric.text IS 'The figure as it was reported.';
COMMENT ON COLUMN reported_metric.origin IS 'Who reports it.';

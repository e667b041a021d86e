CREATE TABLE reported_figure (
  event_id VARCHAR NOT NULL,
  slug VARCHAR NOT NULL,
  metric VARCHAR NOT NULL,
  value DOUBLE,
  text VARCHAR,
  origin VARCHAR,
  PRIMARY KEY (event_id, metric)
);
COMMENT ON TABLE reported_figure IS 'One figure that somebody else reports of a pattern.';
COMMENT ON COLUMN reported_figure.value IS 'The figure, in the unit its name says; null if it is no number.';

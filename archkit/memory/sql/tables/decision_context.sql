CREATE TABLE decision_context (
  decision_id VARCHAR NOT NULL,
  key VARCHAR NOT NULL,
  value VARCHAR NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (decision_id, key, value)
);
COMMENT ON TABLE decision_context IS 'One value that a key of a decision''s context has; a list has one row a value.';
COMMENT ON COLUMN decision_context.value IS 'In lower case; yes or no for a truth value.';

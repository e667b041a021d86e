CREATE TABLE proposal (
  event_id VARCHAR PRIMARY KEY,
  session_id VARCHAR,
  version BIGINT,
  text VARCHAR,
  missing VARCHAR[],
  findings JSON,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE proposal IS 'One version of a session''s proposal, as Markdown, with what the checker found.';
COMMENT ON COLUMN proposal.missing IS 'Sections that it lacks.';

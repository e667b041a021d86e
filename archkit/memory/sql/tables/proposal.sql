CREATE TABLE proposal (
  event_id VARCHAR PRIMARY KEY,
  session_id VARCHAR,
  version BIGINT,
  repair_of BIGINT,
  stands BOOLEAN NOT NULL DEFAULT true,
  text VARCHAR,
  missing VARCHAR[],
  findings JSON,
  recorded_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE proposal IS 'One version of a session''s proposal, as Markdown, with what the checker found.';
COMMENT ON COLUMN proposal.repair_of IS 'Version that was sent back with what the checker found; null: written afresh.';
COMMENT ON COLUMN proposal.stands IS 'False for a repair that was no better than the version it is of.';
COMMENT ON COLUMN proposal.missing IS 'Sections that it lacks.';

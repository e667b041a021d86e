CREATE TABLE adr (
  adr_id VARCHAR PRIMARY KEY,
  path VARCHAR,
  number BIGINT,
  title VARCHAR,
  status VARCHAR,
  status_text VARCHAR,
  conflict BOOLEAN,
  family VARCHAR,
  decided_at TIMESTAMP,
  decided_from VARCHAR,
  ended_at TIMESTAMP,
  ended_from VARCHAR,
  first_committed_at TIMESTAMP,
  last_committed_at TIMESTAMP,
  deciders VARCHAR[],
  tags VARCHAR[],
  options VARCHAR[],
  chosen VARCHAR,
  text VARCHAR,
  sha256 VARCHAR,
  facts_sha256 VARCHAR,
  decision_id VARCHAR,
  project VARCHAR NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL
);
COMMENT ON TABLE adr IS 'One decision record imported from a file, in its latest wording: what somebody wrote down, never observed here.';
COMMENT ON COLUMN adr.adr_id IS 'Follows from project and path, so that the same file is known again.';
COMMENT ON COLUMN adr.text IS 'The file as it was; null where the decision it tells is in this memory.';
COMMENT ON COLUMN adr.facts_sha256 IS 'Of all that was read, before secrets were hidden: equal means nothing is new.';
COMMENT ON COLUMN adr.decision_id IS 'The decision of this memory that the file was written from; else null.';

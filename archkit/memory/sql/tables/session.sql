CREATE TABLE session (
  session_id VARCHAR PRIMARY KEY,
  agent VARCHAR,
  project VARCHAR,
  title VARCHAR,
  brief VARCHAR,
  workspace VARCHAR,
  model VARCHAR,
  client VARCHAR,
  aml_enabled BOOLEAN,
  aml_reason VARCHAR,
  card_hash VARCHAR,
  parent_session_id VARCHAR,
  started_at TIMESTAMP,
  start_event VARCHAR,
  status VARCHAR,
  stage VARCHAR,
  reason VARCHAR,
  status_at TIMESTAMP,
  status_event VARCHAR
);
COMMENT ON TABLE session IS 'One session with an agent: its first start and its latest status.';
COMMENT ON COLUMN session.parent_session_id IS 'The session that started it as its child, by Task; null for a session of its own.';
COMMENT ON COLUMN session.started_at IS 'When it began (UTC); null if only its status is known.';
COMMENT ON COLUMN session.status IS 'open, ended, failed, interrupted or cancelled; null if nothing was said after the start.';

CREATE TABLE agent (
  name VARCHAR NOT NULL,
  card_hash VARCHAR NOT NULL,
  model VARCHAR,
  description VARCHAR,
  tools VARCHAR[],
  aml_enabled BOOLEAN,
  learning_rate DOUBLE,
  pattern_threshold BIGINT,
  memory_limit_mb DOUBLE,
  recorded_at TIMESTAMP NOT NULL,
  event_id VARCHAR NOT NULL,
  PRIMARY KEY (name, card_hash)
);
COMMENT ON TABLE agent IS 'One agent card in one wording.';
COMMENT ON COLUMN agent.learning_rate IS 'How fast evidence moves a success rate (0 to 1).';
COMMENT ON COLUMN agent.pattern_threshold IS 'Successes from distinct sessions that make a candidate pattern active.';
COMMENT ON COLUMN agent.memory_limit_mb IS 'Size of the live rows beyond which old ones are archived (MB).';

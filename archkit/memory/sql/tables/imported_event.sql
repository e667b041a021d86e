CREATE TABLE imported_event (
  event_id VARCHAR PRIMARY KEY,
  origin VARCHAR NOT NULL,
  by_event VARCHAR NOT NULL,
  imported_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE imported_event IS 'One event that came from another memory: its evidence is drawn as reported, never as observed here.';
COMMENT ON COLUMN imported_event.origin IS 'The memory it came from, as its export calls itself.';

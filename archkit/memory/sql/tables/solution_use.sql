CREATE TABLE solution_use (
  event_id VARCHAR PRIMARY KEY,
  slug VARCHAR NOT NULL,
  effective BOOLEAN,
  applied VARCHAR,
  source VARCHAR NOT NULL,
  session_id VARCHAR,
  used_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE solution_use IS 'One use of a solution and whether it helped.';

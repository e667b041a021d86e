CREATE TABLE schema_version (
  version INTEGER NOT NULL,
  projection VARCHAR NOT NULL,
  made_by VARCHAR NOT NULL,
  made_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE schema_version IS 'One row: the schema of this file and the archkit that made it.';
COMMENT ON COLUMN schema_version.projection IS 'SHA-256 of the SQL of all tables, projections and views; another one means a rebuild.';

-- Reading a JSON text without ever failing: what does not fit is null, for one odd event must not
-- stop the drain. Temporary: they live as long as the connection that projects.
CREATE OR REPLACE TEMP MACRO instant(x) AS CAST(TRY_CAST(x AS TIMESTAMPTZ) AS TIMESTAMP);
CREATE OR REPLACE TEMP MACRO whole(x) AS TRY_CAST(x AS BIGINT);
CREATE OR REPLACE TEMP MACRO flag(x) AS TRY_CAST(x AS BOOLEAN);
CREATE OR REPLACE TEMP MACRO number(x) AS
  CASE WHEN isfinite(TRY_CAST(x AS DOUBLE)) THEN TRY_CAST(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO rate(x) AS
  CASE WHEN TRY_CAST(x AS DOUBLE) BETWEEN 0 AND 1 THEN TRY_CAST(x AS DOUBLE) END;
CREATE OR REPLACE TEMP MACRO members(x) AS CASE WHEN json_type(x) = 'OBJECT' THEN x END;
CREATE OR REPLACE TEMP MACRO items(x) AS CASE WHEN json_type(x) = 'ARRAY' THEN x END;

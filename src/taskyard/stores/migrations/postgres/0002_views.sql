-- What is made from the journals, a little behind them, and how far each view has come.

CREATE TABLE view_positions (
  view text COLLATE "C" NOT NULL,
  workspace_sid text COLLATE "C" NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (view, workspace_sid)
);

-- What happened, as people search for it. A block holds a run of one workspace's events; its terms
-- say what it can be found by.
CREATE TABLE event_blocks (
  workspace_sid text COLLATE "C" NOT NULL,
  first_position bigint NOT NULL,
  last_position bigint NOT NULL,
  first_ms bigint NOT NULL,
  last_ms bigint NOT NULL,
  count integer NOT NULL,
  codec_version integer NOT NULL,
  terms bytea STORAGE EXTERNAL NOT NULL,
  body bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (workspace_sid, first_position)
);

-- For letting go of the oldest.
CREATE INDEX event_blocks_by_end ON event_blocks (last_ms);

-- What statistics keep of what happened, by minute and again by hour.
CREATE TABLE statistics (
  workspace_sid text COLLATE "C" NOT NULL,
  span_ms bigint NOT NULL,
  start_ms bigint NOT NULL,
  first_position bigint NOT NULL,
  last_position bigint NOT NULL,
  codec_version integer NOT NULL,
  tasks bytea STORAGE EXTERNAL NOT NULL,
  workers bytea STORAGE EXTERNAL NOT NULL,
  spells bytea STORAGE EXTERNAL NOT NULL,
  facts bytea STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (workspace_sid, span_ms, start_ms, first_position)
);

CREATE INDEX statistics_by_start ON statistics (start_ms);

-- Up to where the receiver of a workspace's event callbacks has been told.
CREATE TABLE callback_positions (
  workspace_sid text COLLATE "C" PRIMARY KEY,
  position bigint NOT NULL
);

-- What went wrong where no caller could be told, for the operator. The body is JSON.
CREATE TABLE alerts (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_sid text COLLATE "C" NOT NULL,
  at_ms bigint NOT NULL,
  body bytea NOT NULL
);

CREATE INDEX alerts_by_workspace ON alerts (workspace_sid, number);

-- Up to where the receiver of a workspace's event callbacks has been told, so that a restart tells it
-- neither nothing nor everything.
CREATE TABLE callback_positions (
  workspace_sid TEXT PRIMARY KEY,
  position INTEGER NOT NULL
) WITHOUT ROWID;

-- What went wrong where no caller could be told, for the operator. The body is JSON.
CREATE TABLE alerts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  workspace_sid TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  body BLOB NOT NULL
);

CREATE INDEX alerts_by_workspace ON alerts (workspace_sid, number);

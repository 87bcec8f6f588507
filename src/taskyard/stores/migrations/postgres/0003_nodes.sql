-- Who is alive, and who serves what. Every instant is by this server's clock.

CREATE FUNCTION store_ms() RETURNS bigint LANGUAGE sql VOLATILE
RETURN (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

CREATE TABLE nodes (
  sid text COLLATE "C" PRIMARY KEY,
  account_sid text COLLATE "C" NOT NULL,
  url text NOT NULL,
  version text NOT NULL,
  expires_ms bigint NOT NULL
);

-- A lease is good as long as its node is there and has not expired. It stays, without a node, when it
-- is given back: its epoch is what the next one counts from.
CREATE TABLE leases (
  workspace_sid text COLLATE "C" PRIMARY KEY,
  node_sid text COLLATE "C",
  epoch bigint NOT NULL
);

CREATE INDEX leases_by_node ON leases (node_sid);

-- By which nodes know each other: one row.
CREATE TABLE cluster_secret (
  is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
  secret text NOT NULL
);

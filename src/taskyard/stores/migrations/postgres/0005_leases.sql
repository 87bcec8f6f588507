-- Moving leases: each of these is one call and one transaction. They wait for one another, so nobody
-- has to think about two at once; and because a call ends by itself, a node that is halted in the
-- middle of it keeps no other waiting. An append holds its leases only against being moved before
-- its commit.

-- Forgets the nodes whose time has passed and the one that leaves, with their leases. Whoever changes
-- leases begins with this, and holds its lock until the commit.
CREATE FUNCTION forget_nodes(leaving text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  gone text[];
BEGIN
  PERFORM pg_advisory_xact_lock(1415139909);
  WITH forgotten AS (
    DELETE FROM nodes WHERE expires_ms <= store_ms() OR sid = leaving RETURNING sid
  )
  SELECT array_agg(sid) INTO gone FROM forgotten;
  IF gone IS NOT NULL THEN
    UPDATE leases SET node_sid = NULL WHERE workspace_sid IN (
      SELECT workspace_sid FROM leases WHERE node_sid = ANY (gone)
      ORDER BY workspace_sid FOR UPDATE);
    DELETE FROM leases WHERE node_sid IS NULL
      AND NOT EXISTS (SELECT 1 FROM workspaces WHERE sid = workspace_sid);
    PERFORM pg_notify('taskyard', 'L');
  END IF;
END $$;

-- Of many leases it is told that some have moved, and not which.
CREATE FUNCTION tell_of_leases(moved text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(moved) > 20 THEN
    PERFORM pg_notify('taskyard', 'L');
  ELSIF cardinality(moved) > 0 THEN
    PERFORM pg_notify('taskyard', (SELECT string_agg('L ' || sid, ';') FROM unnest(moved) AS sid));
  END IF;
END $$;

-- Says that a node is alive. Gives back the instant, how many workspaces its account has, all nodes
-- that are alive with the number of workspaces that each serves, and where the journals end that it
-- follows.
CREATE FUNCTION say_alive(
  this text, account text, address text, release text, for_ms bigint, followed text[]
) RETURNS TABLE (
  now_ms bigint, workspaces bigint,
  sids text[], accounts text[], addresses text[], releases text[], held bigint[],
  ended text[], ends bigint[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  -- Before the lock: it may be a long list.
  SELECT array_agg(wanted.sid), array_agg(tail.last_position) INTO ended, ends
  FROM unnest(followed) AS wanted (sid)
  CROSS JOIN LATERAL (
    SELECT last_position FROM journal WHERE workspace_sid = wanted.sid
    ORDER BY first_position DESC LIMIT 1) AS tail;

  PERFORM forget_nodes(NULL);
  INSERT INTO nodes (sid, account_sid, url, version, expires_ms)
  VALUES (this, account, address, release, store_ms() + for_ms)
  ON CONFLICT (sid) DO UPDATE SET url = excluded.url, version = excluded.version,
    expires_ms = excluded.expires_ms;

  SELECT count(*) INTO workspaces FROM workspaces WHERE account_sid = account;
  SELECT array_agg(one.sid), array_agg(one.account_sid), array_agg(one.url),
    array_agg(one.version), array_agg(one.held)
  INTO sids, accounts, addresses, releases, held
  FROM (
    SELECT node.sid, node.account_sid, node.url, node.version, count(entry.sid) AS held
    FROM nodes AS node
    LEFT JOIN leases AS lease ON lease.node_sid = node.sid
    LEFT JOIN workspaces AS entry ON entry.sid = lease.workspace_sid
    WHERE node.expires_ms > store_ms() GROUP BY node.sid ORDER BY node.sid
  ) AS one;
  now_ms := store_ms();
  RETURN NEXT;
END $$;

-- Takes leases of workspaces of a node's account that no living node has; all that are free if none
-- are named. A node that is not alive gets nothing. One may make a workspace when the others have
-- forgotten it: that lease is nobody's.
CREATE FUNCTION claim_leases(this text, wanted text[], at_most bigint)
RETURNS TABLE (workspace text, address text, taken bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  known record;
  moved text[];
  epochs bigint[];
BEGIN
  PERFORM forget_nodes(NULL);
  SELECT url, account_sid INTO known FROM nodes WHERE sid = this;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  WITH free AS (
    SELECT entry.sid FROM workspaces AS entry LEFT JOIN leases AS lease
      ON lease.workspace_sid = entry.sid AND lease.node_sid IN (SELECT sid FROM nodes)
    WHERE lease.workspace_sid IS NULL AND entry.account_sid = known.account_sid
      AND (wanted IS NULL OR entry.sid = ANY (wanted))
    ORDER BY entry.sid COLLATE "C" LIMIT at_most
  ), given AS (
    INSERT INTO leases AS old (workspace_sid, node_sid, epoch) SELECT sid, this, 1 FROM free
    ON CONFLICT (workspace_sid) DO UPDATE SET node_sid = this, epoch = old.epoch + 1
    RETURNING workspace_sid, epoch
  )
  SELECT coalesce(array_agg(workspace_sid), '{}'), coalesce(array_agg(epoch), '{}')
  INTO moved, epochs FROM given;
  PERFORM tell_of_leases(moved);
  RETURN QUERY SELECT one.sid, known.url, one.epoch FROM unnest(moved, epochs) AS one (sid, epoch);
END $$;

-- Gives leases back; those of other nodes stay as they are.
CREATE FUNCTION release_leases(this text, given text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  moved text[];
BEGIN
  PERFORM forget_nodes(NULL);
  WITH back AS (
    UPDATE leases SET node_sid = NULL WHERE workspace_sid IN (
      SELECT workspace_sid FROM leases WHERE node_sid = this AND workspace_sid = ANY (given)
      ORDER BY workspace_sid FOR UPDATE)
    RETURNING workspace_sid
  )
  SELECT coalesce(array_agg(workspace_sid), '{}') INTO moved FROM back;
  PERFORM tell_of_leases(moved);
END $$;

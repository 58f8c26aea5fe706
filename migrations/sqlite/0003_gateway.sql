-- The gateway: sources that verify, rules that route, transformations, and rollups of all that comes in and goes out.

-- Sources: what a source's URL ends in, so that it can be changed with an overlap. The first is the source's own id.
CREATE TABLE source_token (
    token TEXT NOT NULL PRIMARY KEY,
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    source_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    -- null: it is the one that is shown
    expires_at BIGINT
);
CREATE INDEX source_token_source ON source_token (team_id, mode, source_id);
INSERT INTO source_token (token, team_id, mode, source_id, created_at)
SELECT id, team_id, mode, id, created_at FROM source;
-- Whether a connection is disabled because its source is.
ALTER TABLE connection ADD COLUMN disabled_with_source BOOLEAN NOT NULL DEFAULT FALSE;

-- What requests were sent to their source's upstream as, and what it answered.
CREATE TABLE proxy_exchange (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    target_url TEXT NOT NULL,
    http_method TEXT NOT NULL,
    response_status BIGINT,
    -- JSON list of pairs
    response_headers TEXT NOT NULL,
    response_body BLOB,
    response_body_truncated BOOLEAN NOT NULL,
    error_text TEXT,
    started_at BIGINT NOT NULL,
    responded_at BIGINT,
    -- microseconds
    latency BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX proxy_exchange_request ON proxy_exchange (team_id, mode, request_id);

-- Rules.
-- JSON list of rules, in canonical order
ALTER TABLE connection ADD COLUMN rules TEXT NOT NULL DEFAULT '[]';
-- The rules that a connection had until an instant, so that what was filtered then can be explained.
CREATE TABLE past_rules (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    until BIGINT NOT NULL,
    event_types TEXT,
    rules TEXT NOT NULL,
    PRIMARY KEY (team_id, mode, connection_id, until)
) WITHOUT ROWID;
CREATE INDEX past_rules_until ON past_rules (until);
-- The requests that others are the same as, until their window ends.
CREATE TABLE seen (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    -- SHA-256 of what is compared, in base64
    key TEXT NOT NULL,
    request_id TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, connection_id, key)
) WITHOUT ROWID;
CREATE INDEX seen_age ON seen (until);
-- The connections that a source had, so that a request says in a few bytes which of many ignored it.
CREATE TABLE roster (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    -- made from the connections
    id TEXT NOT NULL,
    -- their ids, with commas
    connections TEXT NOT NULL,
    -- about when a request last named it
    used_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);

-- Transformations.
CREATE TABLE transformation (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    code TEXT NOT NULL,
    -- JSON object of its environment, sealed
    env BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX transformation_name ON transformation (team_id, mode, name);
-- What an event carries where that is not what its request brought: the payload of the event that was transformed.
ALTER TABLE event ADD COLUMN data_id TEXT;
-- Why it was given up before any attempt, such as FILTERED after a transformation.
ALTER TABLE event ADD COLUMN ignored_cause TEXT;
-- Whether its connection's transformations have yet to let it through; sent again, it goes through them again.
ALTER TABLE event ADD COLUMN untransformed BOOLEAN NOT NULL DEFAULT FALSE;
-- What transformations made of payloads, for as long as the request is kept.
CREATE TABLE event_data (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    -- that of the run that made it
    id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    -- JSON list of pairs
    headers TEXT NOT NULL,
    -- the exact bytes; null: those of the request
    body BLOB,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX event_data_request ON event_data (team_id, mode, request_id);
CREATE TABLE transformation_run (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    transformation_id TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    event_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    error_line BIGINT,
    error_column BIGINT,
    -- JSON list of lines
    console TEXT NOT NULL,
    console_truncated BOOLEAN NOT NULL,
    -- microseconds
    duration BIGINT NOT NULL,
    -- what it was given and what it made, in event_data; null: what the request brought, and nothing
    before_id TEXT,
    after_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX transformation_run_of ON transformation_run (team_id, mode, transformation_id, id);
CREATE INDEX transformation_run_request ON transformation_run (team_id, mode, request_id, event_id);
-- What runs came to, counted as they are recorded.
CREATE TABLE transformation_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    transformation_id TEXT NOT NULL,
    -- the minute, in milliseconds since 1970, and the number of the writer, so that writers do not wait for each other's rows
    minute BIGINT NOT NULL,
    successful BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, transformation_id, minute)
) WITHOUT ROWID;
CREATE INDEX transformation_rollup_age ON transformation_rollup (minute);
-- The queue of what is to be transformed: a row from the event's own commit until the commit that decides what it becomes.
CREATE TABLE transforming (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    event_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    -- of the pending row that it is to get
    rank BIGINT NOT NULL,
    cause TEXT NOT NULL,
    -- bytes of the payload
    size BIGINT NOT NULL,
    -- who has it in memory; null: nobody
    node TEXT,
    PRIMARY KEY (team_id, mode, event_id)
) WITHOUT ROWID;
-- Taken a few of each connection at a time, over all teams.
CREATE INDEX transforming_connection ON transforming (connection_id, event_id);
-- The nodes that transform, and until when they are believed to live.
CREATE TABLE transformer (
    node TEXT NOT NULL PRIMARY KEY,
    held_until BIGINT NOT NULL
);

-- Destinations.
-- Since when all its events are held.
ALTER TABLE destination ADD COLUMN paused_at BIGINT;
-- When an event was held last, and let go.
ALTER TABLE event ADD COLUMN held_at BIGINT;
-- When what is held was due: a first attempt that was to wait goes on waiting.
ALTER TABLE pending ADD COLUMN due_before BIGINT;
ALTER TABLE event ADD COLUMN released_at BIGINT;

-- Lists of history are filtered within an index, so that what is rare is found without reading the rows.
CREATE INDEX request_facts ON request
    (team_id, mode, id, status, verified, rejection_cause, method, events_count, ignored_count, retry_kind);
DROP INDEX request_source;
CREATE INDEX request_source ON request
    (team_id, mode, source_id, id, status, verified, rejection_cause, method, events_count, ignored_count, retry_kind);
-- Most requests are let in, and none of these.
CREATE INDEX request_unusual ON request (team_id, mode, id, source_id, status, rejection_cause, retry_kind, verified, method)
    WHERE status = 'rejected' OR retry_kind IS NOT NULL;
-- What a request was taken in again as.
CREATE INDEX request_parent ON request (team_id, mode, retry_parent_id) WHERE retry_parent_id IS NOT NULL;
CREATE INDEX event_source ON event (team_id, mode, source_id, id);
CREATE INDEX event_connection ON event (team_id, mode, connection_id, id);
-- Of most events nothing is wanted once they are delivered.
CREATE INDEX event_undelivered ON event (team_id, mode, id, status, error_code, request_id)
    WHERE status <> 'SUCCESSFUL';
-- First attempts that succeed are most of them, and seldom looked for.
CREATE INDEX attempt_unusual ON attempt (team_id, mode, id, status, response_status, error_code, cause)
    WHERE status = 'FAILED' OR cause <> 'INITIAL';

-- Rollups: what was counted as work happened, by the second at first, and folded into minutes and hours by a chore. `span` is
-- how long a stretch is, in milliseconds; `begins` is when it begins, in milliseconds since 1970, and for a second
-- also the number of the writer, so that writers do not wait for each other's rows.
CREATE TABLE request_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    source_id TEXT NOT NULL,
    -- accepted, or why it was not
    outcome TEXT NOT NULL,
    requests BIGINT NOT NULL,
    -- branches not taken
    ignored BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, source_id, outcome)
) WITHOUT ROWID;
-- By when the event was made.
CREATE TABLE event_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    connection_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    created BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    -- all that ended before they were delivered or given up
    cancelled BIGINT NOT NULL,
    -- those of them that a filter ended
    ignored BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, connection_id, source_id, destination_id)
) WITHOUT ROWID;
-- By when the request came in.
CREATE TABLE ignored_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    connection_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    ignored BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, connection_id, cause)
) WITHOUT ROWID;
-- How long attempts took, each bucket a quarter of an octave.
CREATE TABLE latency_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    destination_id TEXT NOT NULL,
    bucket BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, destination_id, bucket)
) WITHOUT ROWID;
ALTER TABLE attempt_rollup RENAME TO attempt_rollup_before;
DROP INDEX attempt_rollup_age;
CREATE TABLE attempt_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    destination_id TEXT NOT NULL,
    successful BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, destination_id)
) WITHOUT ROWID;
INSERT INTO attempt_rollup (team_id, mode, span, begins, destination_id, successful, failed)
SELECT team_id, mode, 60000, minute, destination_id, successful, failed FROM attempt_rollup_before;
DROP TABLE attempt_rollup_before;
INSERT INTO request_rollup (team_id, mode, span, begins, source_id, outcome, requests, ignored, bytes)
SELECT team_id, mode, 60000, created_at / 60000 * 60000, source_id, COALESCE(rejection_cause, 'accepted'), COUNT(*), SUM(ignored_count),
    SUM(LENGTH(body))
FROM request GROUP BY 1, 2, 4, 5, 6;
INSERT INTO event_rollup (team_id, mode, span, begins, connection_id, source_id, destination_id, created, delivered, failed,
    cancelled, ignored)
SELECT team_id, mode, 60000, created_at / 60000 * 60000, connection_id, source_id, destination_id, COUNT(*),
    SUM(CASE WHEN status = 'SUCCESSFUL' THEN 1 ELSE 0 END), SUM(CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END),
    SUM(CASE WHEN status = 'CANCELLED' THEN 1 ELSE 0 END), 0
FROM event GROUP BY 1, 2, 4, 5, 6, 7;
-- What somebody should look after is found without reading history.
CREATE INDEX request_rejected ON request (team_id, mode, id) WHERE status = 'rejected';
CREATE INDEX event_failed ON event (team_id, mode, id) WHERE status = 'FAILED';
CREATE INDEX event_held ON event (team_id, mode, id) WHERE status = 'HOLD';

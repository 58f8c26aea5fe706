-- Every row belongs to a team and, but for people, a mode; both lead every key. What is looked up before the team is
-- known (a source by its URL, a key by its hash, a session, a lane that is due) has one narrow index more.

CREATE TABLE team (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE membership (
    team_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, user_id)
);
CREATE INDEX membership_user ON membership (user_id);

CREATE TABLE key_pair (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    public TEXT NOT NULL,
    -- SHA-256 of the private key, in hex: the key is 32 random bytes, so a slow hash would add nothing.
    private_hash TEXT NOT NULL,
    private_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX key_pair_private ON key_pair (private_hash);

CREATE TABLE source (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL,
    -- JSON of the configuration without its secret
    config TEXT NOT NULL,
    -- the secret, sealed
    secret BYTEA,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX source_id ON source (id);
CREATE UNIQUE INDEX source_name ON source (team_id, mode, name);

CREATE TABLE destination (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL,
    is_webhook BOOLEAN NOT NULL,
    -- the URL of the configuration, for its uniqueness
    url TEXT,
    -- JSON of the configuration without its secret
    config TEXT NOT NULL,
    -- the secret, sealed
    secret BYTEA,
    -- JSON of the rule; null: never
    auto_disable TEXT,
    disabled_at BIGINT,
    disabled_reason TEXT,
    consecutive_failures BIGINT NOT NULL,
    failing_since BIGINT,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX destination_name ON destination (team_id, mode, name);
-- Over both modes: one URL is one webhook.
CREATE UNIQUE INDEX destination_webhook_url ON destination (team_id, url) WHERE is_webhook AND url IS NOT NULL;

CREATE TABLE signing_secret (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- the key's bytes, sealed
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (team_id, mode, destination_id, id)
);

CREATE TABLE connection (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    -- JSON list of the event types that pass; null: all
    event_types TEXT,
    paused_at BIGINT,
    disabled_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX connection_name ON connection (team_id, mode, source_id, name);
CREATE INDEX connection_destination ON connection (team_id, mode, destination_id);

CREATE TABLE event_type (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    label TEXT NOT NULL,
    description TEXT,
    schema_json TEXT,
    example_json TEXT,
    default_enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX event_type_name ON event_type (team_id, mode, name);

-- History: appended, updated little, deleted by age.

CREATE TABLE request (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    status TEXT NOT NULL,
    verified BOOLEAN NOT NULL,
    rejection_cause TEXT,
    rejection_detail TEXT,
    -- whether the body is sent as it is or as the data of an envelope made for each attempt
    enveloped BOOLEAN NOT NULL,
    simulated BOOLEAN NOT NULL,
    event_type TEXT,
    -- what receivers deduplicate on, where the publisher chose it
    webhook_id TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    query TEXT NOT NULL,
    -- JSON list of pairs
    headers TEXT NOT NULL,
    events_count BIGINT NOT NULL,
    ignored_count BIGINT NOT NULL,
    -- JSON object: a cause and the connections that ignored the request for it
    ignored TEXT,
    retry_kind TEXT,
    retry_parent_id TEXT,
    created_at BIGINT NOT NULL,
    -- the exact bytes; last, so that lists do not read past them
    body BYTEA NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX request_source ON request (team_id, mode, source_id, id);

CREATE TABLE event (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    event_type TEXT,
    webhook_id TEXT NOT NULL,
    status TEXT NOT NULL,
    simulated BOOLEAN NOT NULL,
    attempts BIGINT NOT NULL,
    response_status BIGINT,
    error_code TEXT,
    failure_message TEXT,
    last_attempt_at BIGINT,
    -- the due time of its pending row, null when it has none
    next_attempt_at BIGINT,
    successful_at BIGINT,
    retry_kind TEXT,
    retry_parent_id TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX event_request ON event (team_id, mode, request_id);
CREATE INDEX event_destination ON event (team_id, mode, destination_id, id);

CREATE TABLE attempt (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    attempt_number BIGINT NOT NULL,
    cause TEXT NOT NULL,
    status TEXT NOT NULL,
    error_code TEXT,
    error_message TEXT,
    method TEXT NOT NULL,
    url TEXT,
    -- JSON lists of pairs
    request_headers TEXT NOT NULL,
    response_status BIGINT,
    response_headers TEXT,
    response_truncated BOOLEAN NOT NULL,
    -- JSON, milliseconds
    timings TEXT NOT NULL,
    -- The body that was sent follows from the request and this instant, so it is not stored again.
    sent_at BIGINT NOT NULL,
    responded_at BIGINT,
    -- the kept part of the answer; last, like a request's body
    response_body BYTEA,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX attempt_event ON attempt (team_id, mode, event_id);
CREATE INDEX attempt_destination ON attempt (team_id, mode, destination_id, id);

-- The queue: small, and empty when all is delivered.

CREATE TABLE pending (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    -- 0 live first attempts, 1 retries, 2 replays
    rank BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    -- attempts made so far
    attempts BIGINT NOT NULL,
    cause TEXT NOT NULL,
    -- bytes of the payload, so that a page can be cut by bytes before they are read
    size BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id, rank, due_at, event_id)
);

CREATE TABLE lane (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    holder TEXT,
    held_until BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- when there is work for whoever takes the lane
    due_at BIGINT NOT NULL,
    -- counts what was put in by nodes that did not hold the lane
    nudges BIGINT NOT NULL,
    -- until when the receiver asked to be left alone
    slow_until BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id)
) WITH (fillfactor = 50);
CREATE INDEX lane_due ON lane (due_at);

CREATE TABLE idempotency (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    claimed_at BIGINT NOT NULL,
    status BIGINT,
    content_type TEXT,
    -- the answer's body, sealed: it may hold a key that is shown once
    answer BYTEA,
    PRIMARY KEY (team_id, mode, key)
);
CREATE INDEX idempotency_age ON idempotency (claimed_at);

CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX session_age ON session (expires_at);

-- One row: a known text sealed with the master key, so that a wrong key is noticed at the start.
CREATE TABLE seal (
    id BIGINT NOT NULL PRIMARY KEY,
    probe BYTEA NOT NULL
);

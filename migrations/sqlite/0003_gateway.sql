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
-- The requests that others are the same as, until their window ends.
CREATE TABLE seen (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    -- SHA-256 of what is compared, in base64
    key TEXT NOT NULL,
    request_id TEXT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, connection_id, key)
) WITHOUT ROWID;
CREATE INDEX seen_age ON seen (until);

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

-- Destinations.
-- Since when all its events are held.
ALTER TABLE destination ADD COLUMN paused_at BIGINT;
-- When an event was held last, and let go.
ALTER TABLE event ADD COLUMN held_at BIGINT;
ALTER TABLE event ADD COLUMN released_at BIGINT;

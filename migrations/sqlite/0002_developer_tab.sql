-- The Developer tab: what attempts came to by the minute, the simulator's payloads and checks, notices, the audit log,
-- two schemes of signing, and a catalogue that is checked.

-- What was made by a call that is not made again.
ALTER TABLE idempotency ADD COLUMN location TEXT;
-- What happens to published events that do not fit their schema: warn, refuse or off.
ALTER TABLE team ADD COLUMN schema_check TEXT NOT NULL DEFAULT 'warn';
-- Whether notices about webhooks are mailed to this member.
ALTER TABLE membership ADD COLUMN notices BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE event_type ADD COLUMN deprecated_at BIGINT;
-- v1: HMAC; v1a: Ed25519. The sealed bytes are the secret, or the private key's seed.
ALTER TABLE signing_secret ADD COLUMN scheme TEXT NOT NULL DEFAULT 'v1';
-- Receivers ask for public keys without a team.
CREATE INDEX signing_secret_public ON signing_secret (destination_id) WHERE scheme = 'v1a';
-- Grows with each change of its health, so that one that is written late does not overwrite the ones after it.
ALTER TABLE destination ADD COLUMN health_order BIGINT NOT NULL DEFAULT 0;
-- The state that was last told of: healthy, warning, disabled, or enabled, when it was enabled after one of these and has
-- not delivered since. Changed by compare-and-set, so that a change is told once.
ALTER TABLE destination ADD COLUMN announced TEXT NOT NULL DEFAULT 'healthy';
-- What was disabled by itself before there were notices is no news.
UPDATE destination SET announced = 'disabled' WHERE is_webhook AND disabled_at IS NOT NULL AND disabled_reason IS NOT NULL;
-- Those that there may be something to tell of.
CREATE INDEX destination_uneasy ON destination (team_id, mode, id)
    WHERE is_webhook AND (failing_since IS NOT NULL OR disabled_reason IS NOT NULL OR announced <> 'healthy');

-- What a webhook would have got but for being disabled, until it is replayed.
CREATE TABLE missed (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    request_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id, request_id)
) WITHOUT ROWID;
-- For deleting it with its request.
CREATE INDEX missed_request ON missed (team_id, mode, request_id);
-- What is wrong with a simulated request on purpose.
ALTER TABLE request ADD COLUMN scenario TEXT;

-- What attempts came to, counted as they are settled, so that charts need not read history.
CREATE TABLE attempt_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    -- the minute, in milliseconds since 1970
    minute BIGINT NOT NULL,
    successful BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id, minute)
) WITHOUT ROWID;

-- An attempt's own time is in its id; when it was sent is within moments of it.
INSERT INTO attempt_rollup (team_id, mode, destination_id, minute, successful, failed)
SELECT team_id, mode, destination_id, sent_at / 60000 * 60000, SUM(CASE WHEN status = 'SUCCESSFUL' THEN 1 ELSE 0 END),
    SUM(CASE WHEN status = 'FAILED' THEN 1 ELSE 0 END)
FROM attempt GROUP BY 1, 2, 3, 4;

-- What is deleted by age.
CREATE INDEX attempt_rollup_age ON attempt_rollup (minute);

-- Lists of one destination's attempts are filtered within the index, so that rare ones are found without reading the rows.
DROP INDEX attempt_destination;
CREATE INDEX attempt_destination ON attempt (team_id, mode, destination_id, id, status, response_status, error_code, cause);

CREATE TABLE saved_payload (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- as it was typed
    payload TEXT NOT NULL,
    exact BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX saved_payload_name ON saved_payload (team_id, mode, name);

CREATE TABLE receiver_check (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- JSON: the bounds, and the events of each scenario; the report follows from their attempts
    plan TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX receiver_check_destination ON receiver_check (team_id, mode, destination_id, id);

-- What people are told, one row a change: mailed and published by whoever claims it.
CREATE TABLE notice (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    url TEXT,
    text TEXT NOT NULL,
    -- JSON of the operational event's data
    data TEXT NOT NULL,
    published_at BIGINT,
    -- JSON list of addresses
    mailed_to TEXT,
    mailed_at BIGINT,
    mail_error TEXT,
    mail_tries BIGINT NOT NULL,
    -- when whoever claimed it is believed to have failed; null when nothing is left to do
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notice_destination ON notice (team_id, mode, destination_id, id);

CREATE TABLE audit (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    action TEXT NOT NULL,
    -- the id of the user or key
    actor TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE INDEX audit_subject ON audit (team_id, mode, subject, id);

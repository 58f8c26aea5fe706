-- Recovery: bulk operations, the pace they keep, breakers, issues.

-- Bulk operations.
-- The operation that an event or a request was made by.
ALTER TABLE event ADD COLUMN bulk_id TEXT;
CREATE INDEX event_bulk ON event (team_id, mode, bulk_id, id) WHERE bulk_id IS NOT NULL;
CREATE INDEX event_bulk_undelivered ON event (team_id, mode, bulk_id, destination_id, status)
    WHERE bulk_id IS NOT NULL AND status <> 'SUCCESSFUL';
ALTER TABLE request ADD COLUMN bulk_id TEXT;
CREATE INDEX request_bulk ON request (team_id, mode, bulk_id, id) WHERE bulk_id IS NOT NULL;
CREATE TABLE bulk_operation (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    -- JSON of the list's filter, its times resolved
    filter TEXT NOT NULL,
    -- whether what was delivered before is sent all the same, since it was asked for by name
    as_asked BOOLEAN NOT NULL,
    -- the id of the user or key
    requested_by TEXT,
    rate_limit BIGINT,
    rate_limit_period TEXT NOT NULL,
    pause_reason TEXT,
    failure TEXT,
    unproven TEXT,
    -- by what the same start is known
    once TEXT,
    total_count BIGINT NOT NULL,
    -- how many items are in these states; the sum of the first two and of those done, failed, skipped and cancelled is the total
    pending_count BIGINT NOT NULL,
    open_count BIGINT NOT NULL,
    done_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    skipped_count BIGINT NOT NULL,
    -- how many of the skipped were delivered by another way, or are about to be
    elsewhere_count BIGINT NOT NULL DEFAULT 0,
    cancelled_count BIGINT NOT NULL,
    -- how many of the failed go on by their own retries
    retrying_count BIGINT NOT NULL,
    queued_count BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    -- up to which id its items are written, and up to which they will be
    planned_to TEXT NOT NULL,
    last_id TEXT NOT NULL,
    planned_at BIGINT,
    -- who feeds it
    holder TEXT,
    held_until BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    -- when there is work for whoever takes it; null: none
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    started_at BIGINT,
    paused_at BIGINT,
    finished_at BIGINT,
    -- when it or one of its items was changed last
    moved_at BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX bulk_operation_once ON bulk_operation (team_id, mode, once) WHERE once IS NOT NULL;
CREATE INDEX bulk_operation_due ON bulk_operation (due_at) WHERE due_at IS NOT NULL;
-- What of an operation goes to one destination.
CREATE TABLE bulk_destination (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    -- whether the operation has not ended, or something of it is tried again
    is_open BOOLEAN NOT NULL,
    -- why its pace stopped itself
    stop_reason TEXT,
    total_count BIGINT NOT NULL,
    pending_count BIGINT NOT NULL,
    open_count BIGINT NOT NULL,
    queued_count BIGINT NOT NULL,
    done_count BIGINT NOT NULL,
    failed_count BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, operation_id, destination_id)
);
CREATE INDEX bulk_destination_open ON bulk_destination (team_id, mode, destination_id) WHERE is_open;
CREATE TABLE bulk_item (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    -- the event or request that is sent again
    target_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- '' where it is not known before it is routed anew
    destination_id TEXT NOT NULL,
    status TEXT NOT NULL,
    new_event_id TEXT,
    new_request_id TEXT,
    reason TEXT,
    PRIMARY KEY (team_id, mode, operation_id, target_id)
);
CREATE INDEX bulk_item_pending ON bulk_item (team_id, mode, operation_id, destination_id, target_id) WHERE status = 'PENDING';
CREATE INDEX bulk_item_status ON bulk_item (team_id, mode, operation_id, status, target_id) WHERE status <> 'PENDING';

-- The pace of recovery.
-- What the holder of a lane wrote last of how fast it sends what failed before.
CREATE TABLE pace (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- JSON
    reading TEXT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id)
);

-- Breakers.
-- A destination's circuit breaker is open since then; null: closed.
ALTER TABLE destination ADD COLUMN breaker_opened_at BIGINT;
ALTER TABLE destination ADD COLUMN breaker_closed_at BIGINT;
-- why it opened last
ALTER TABLE destination ADD COLUMN breaker_reason TEXT;
ALTER TABLE destination ADD COLUMN breaker_probe_at BIGINT;
-- probes that failed since it opened
ALTER TABLE destination ADD COLUMN breaker_probes BIGINT NOT NULL DEFAULT 0;
-- closed by hand: the failures in a row that do not count any more
ALTER TABLE destination ADD COLUMN breaker_forgiven BIGINT NOT NULL DEFAULT 0;
-- closed, and what it held is let go a little at a time
ALTER TABLE destination ADD COLUMN breaker_draining BOOLEAN NOT NULL DEFAULT FALSE;
-- attempts that were probes: they use up no retry
ALTER TABLE pending ADD COLUMN probes BIGINT NOT NULL DEFAULT 0;

-- Issues.
-- Where a team's chat takes messages, sealed, and for how many minutes nothing more is told of a destination once something was.
ALTER TABLE team ADD COLUMN slack_url BYTEA;
ALTER TABLE team ADD COLUMN issue_quiet_minutes BIGINT NOT NULL DEFAULT 60;
-- Failures of one destination with one cause. Simulated events are never counted.
CREATE TABLE issue (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    id TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    -- for when the destination is gone
    destination_name TEXT NOT NULL,
    cause TEXT NOT NULL,
    -- of the last failure
    connection_id TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    -- since it was opened the last time
    attempts BIGINT NOT NULL,
    events BIGINT NOT NULL,
    times_opened BIGINT NOT NULL,
    -- of how many openings people were told, or are not to be
    times_told BIGINT NOT NULL,
    -- how often in a row it was opened soon after it was resolved by itself
    times_returned BIGINT NOT NULL,
    acknowledged_at BIGINT,
    acknowledged_by TEXT,
    resolved_at BIGINT,
    resolution TEXT,
    resolved_by TEXT,
    last_error TEXT NOT NULL,
    last_event_id TEXT NOT NULL,
    last_attempt_id TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, id)
);
CREATE UNIQUE INDEX issue_cause ON issue (team_id, mode, destination_id, cause);
CREATE INDEX issue_unresolved ON issue (team_id, mode, destination_id) WHERE state <> 'RESOLVED';
-- An issue's history.
CREATE TABLE issue_change (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    issue_id TEXT NOT NULL,
    -- which opening it belongs to
    opening BIGINT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT,
    resolution TEXT,
    attempts BIGINT NOT NULL,
    events BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, issue_id, opening, kind)
);
-- What people were told last of a destination's issues.
CREATE TABLE issue_told (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    told_at BIGINT,
    -- whether they believe that it fails
    is_failing BOOLEAN NOT NULL,
    -- how many openings they were not told of
    untold BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id)
);
CREATE TABLE failure_rollup (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    span BIGINT NOT NULL,
    begins BIGINT NOT NULL,
    destination_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, span, begins, destination_id, cause)
);
-- Notices of issues. Those of webhooks are not mailed: their members get the webhook's own.
ALTER TABLE notice ADD COLUMN issue_id TEXT;
ALTER TABLE notice ADD COLUMN is_mailed BOOLEAN NOT NULL DEFAULT TRUE;
-- On its way to the team's chat.
ALTER TABLE notice ADD COLUMN slack_due_at BIGINT;
ALTER TABLE notice ADD COLUMN slack_tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE notice ADD COLUMN slack_at BIGINT;
ALTER TABLE notice ADD COLUMN slack_error TEXT;
CREATE INDEX notice_slack_due ON notice (slack_due_at) WHERE slack_due_at IS NOT NULL;

-- The runbook.
-- What failed at a destination, and the few events that were sent again one by one since.
CREATE INDEX attempt_failed ON attempt (team_id, mode, destination_id, id) WHERE status = 'FAILED';
CREATE INDEX event_failed_of ON event (team_id, mode, destination_id, id) WHERE status = 'FAILED';
CREATE INDEX event_retried ON event (team_id, mode, destination_id, id) WHERE retry_kind = 'single';
-- When where it sends, how, or its rules were changed last, which a pause is not; null: not since it was made.
ALTER TABLE destination ADD COLUMN configured_at BIGINT;
ALTER TABLE connection ADD COLUMN configured_at BIGINT;
-- Who says that the receiver handles the same webhook-id once, for each event type; '' is for those without a type.
CREATE TABLE idempotency_confirmation (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    destination_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- the id of the user or key
    confirmed_by TEXT NOT NULL,
    confirmed_at BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, destination_id, event_type)
);

-- Verification.
-- The last one of each team's mode.
CREATE TABLE verification (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    status TEXT NOT NULL,
    -- the id of the user or key; null: it ran by itself
    requested_by TEXT,
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    -- JSON: how far it is, and what it found
    state TEXT NOT NULL,
    discrepancies BIGINT NOT NULL,
    -- until when somebody does it
    held_until BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode)
);

-- What retention deleted: of what was made before, some may be gone. One row.
CREATE TABLE retained (
    id BIGINT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
);
-- What was deleted before this was written down, nobody knows.
INSERT INTO retained (id, since) SELECT 1, COALESCE(MAX(created_at), 0) FROM event;

-- Lanes.
-- How often somebody asked the holder to send no more of what was cancelled, and how much of that it answered.
ALTER TABLE lane ADD COLUMN recalls BIGINT NOT NULL DEFAULT 0;
ALTER TABLE lane ADD COLUMN recalled BIGINT NOT NULL DEFAULT 0;

-- Replays.
-- Of a replay that is not as its parent came: where it differs, a JSON list of pointers.
ALTER TABLE request ADD COLUMN modified TEXT;

-- Lists.
-- Most events are delivered at once: none of them enters the index of those that somebody should look after.
DROP INDEX event_undelivered;
CREATE INDEX event_troubled ON event (team_id, mode, id, status, error_code, destination_id, request_id)
    WHERE status IN ('FAILED', 'CANCELLED', 'HOLD', 'SCHEDULED');
-- What it held is in request_unusual.
DROP INDEX request_rejected;

-- Transformations.
-- Values that environments do not have any more, so that what scripts made with them is shown without them.
CREATE TABLE past_env (
    team_id TEXT NOT NULL,
    mode TEXT NOT NULL,
    transformation_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- JSON object of what was taken away, sealed
    env BYTEA NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (team_id, mode, transformation_id, id)
);
CREATE INDEX past_env_until ON past_env (until);
-- A branch that a filter ended after its scripts ignored its request as well.
UPDATE request SET ignored_count = ignored_count + (SELECT COUNT(*) FROM event e WHERE e.team_id = request.team_id
    AND e.mode = request.mode AND e.request_id = request.id AND e.ignored_cause IS NOT NULL)
WHERE (team_id, mode, id) IN (SELECT team_id, mode, request_id FROM event WHERE ignored_cause IS NOT NULL);

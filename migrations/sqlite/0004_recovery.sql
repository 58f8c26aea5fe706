-- Recovery: bulk operations, the pace they keep, breakers, issues.

-- Bulk operations.

-- The pace of recovery.

-- Breakers.

-- Issues.

-- Verification.

-- Lists.

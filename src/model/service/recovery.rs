use async_trait::async_trait;

use super::Answer;
use crate::{
    Actor, DestinationId, IdempotencyConfirmation, IdempotencyInput, Recovery, RecoveryWindow, Refused, SourceId,
};

/// Recovery of a destination that failed, step by step.
#[async_trait]
pub trait Recoveries: Send + Sync {
    /// What failed and why, and how far the way back is gone.
    async fn recovery(&self, who: &Actor, destination: DestinationId, window: RecoveryWindow) -> Answer<Recovery>;

    /// Writes down that the receiver takes an event that comes twice as one; returns all that is known of that.
    async fn confirm_idempotency(
        &self,
        who: &Actor,
        destination: DestinationId,
        input: IdempotencyInput,
    ) -> Answer<Vec<IdempotencyConfirmation>>;

    /// What a source did not let in, and which of it came again since. Unless asked otherwise, in the last 24 hours.
    async fn refused(&self, who: &Actor, source: SourceId, window: RecoveryWindow) -> Answer<Refused>;
}

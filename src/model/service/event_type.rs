use async_trait::async_trait;

use super::Answer;
use crate::{Actor, EventType, EventTypeId, EventTypeImport, EventTypeInput, FieldError, ImportedEventType};

/// The catalogue of event types, one a team and mode.
#[async_trait]
pub trait EventTypes: Send + Sync {
    /// The whole catalogue, by name.
    async fn event_types(&self, who: &Actor) -> Answer<Vec<EventType>>;

    async fn event_type(&self, who: &Actor, id: EventTypeId) -> Answer<EventType>;

    async fn create_event_type(&self, who: &Actor, input: EventTypeInput) -> Answer<EventType>;

    /// Applies a merge patch (RFC 7396) to the event type as [`EventTypeInput`]; its name stays, and a schema or an example
    /// is replaced as a whole.
    async fn patch_event_type(&self, who: &Actor, id: EventTypeId, patch: serde_json::Value) -> Answer<EventType>;

    async fn delete_event_type(&self, who: &Actor, id: EventTypeId) -> Answer<()>;

    /// Adds the ready-made event types that the team does not have yet; answers with the whole catalogue.
    async fn add_ready_made_event_types(&self, who: &Actor) -> Answer<Vec<EventType>>;

    /// Takes over the `webhooks` section of an `OpenAPI` 3.1 document; says of each type what was or would be done.
    async fn import_event_types(&self, who: &Actor, import: EventTypeImport) -> Answer<Vec<ImportedEventType>>;

    /// Where `data` does not fit the schema of the event type `kind`; nothing when there is none. Pointers start with
    /// `/data`.
    async fn check_event(&self, who: &Actor, kind: &str, data: &serde_json::Value) -> Answer<Vec<FieldError>>;
}

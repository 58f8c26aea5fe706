use hookyard_model::{Mode, SourceConfig, SourceId, TeamId};
use ulid::Ulid;

use super::*;
use crate::rule::CompiledRules;

#[test]
fn every_branch_is_taken_or_ignored_for_a_reason() {
    let branch = |n: u128, types: Option<&str>, disabled, destination_disabled| Branch {
        connection: ConnectionId::new(Ulid(n)),
        destination: DestinationId::new(Ulid(n)),
        event_types: types.map(|types| vec![types.to_owned()]),
        disabled,
        destination_disabled,
        rules: CompiledRules::default(),
    };
    let mut route = Route {
        id: SourceId::new(Ulid(1)),
        team: TeamId::new(Ulid(1)),
        mode: Mode::Test,
        kind: SourceType::EVENTS,
        disabled: false,
        config: SourceConfig::default(),
        verification: crate::verification::Verification::None,
        replier: None,
        roster: None,
        branches: vec![
            branch(1, None, false, false),
            branch(2, Some("a.b"), false, false),
            branch(3, Some("a.c"), false, false),
            branch(4, None, true, false),
            branch(5, None, false, true),
            branch(6, Some("a.c"), false, true),
        ],
    };
    let routed = route_to(&route, Some("a.b"), None, Vec::new());
    assert_eq!(routed.taken.len(), 2);
    assert_eq!(routed.missed_by, [(DestinationId::new(Ulid(5)), ConnectionId::new(Ulid(5)))]);
    let json = routed.ignored.column().unwrap();
    for (cause, count) in [("FILTERED", 2), ("CONNECTION_DISABLED", 1), ("DESTINATION_DISABLED", 1)] {
        assert_eq!(routed.ignored.causes[&cause.parse().unwrap()].len(), count, "{cause} in {json}");
    }
    let asked = route_to(&route, Some("x"), Some(ConnectionId::new(Ulid(3))), Vec::new());
    assert_eq!((asked.taken.len(), asked.ignored.count()), (1, 0));
    route.branches.clear();
    assert!(route_to(&route, None, None, Vec::new()).ignored.causes.contains_key(&IgnoredCause::NoConnection));
}

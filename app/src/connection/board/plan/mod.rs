//! Where everything on the board stands. Nothing is measured: the heights are those of the style sheet, so that the
//! server draws the same lines as the browser.

mod far;
mod heights;

use std::collections::BTreeMap;

use hookyard_model::ConnectionId;

use self::{
    far::place_far,
    heights::{COMPACT, ROOMY},
};

/// The end that connections are grouped by; it stands beside its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Side {
    #[default]
    Source,
    Destination,
}

/// A connection as far as its place goes: its id, its source's and its destination's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) id: ConnectionId,
    pub(super) source: String,
    pub(super) destination: String,
}

/// Above so many rows they stand closer.
const ROOMY_AT_MOST: usize = 40;

/// Beside a group of more rows, its card stands at the top, where one looks first.
const CENTRED_AT_MOST: usize = 8;

/// Connections that share an end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Group {
    pub(super) end: String,
    pub(super) lines: Vec<ConnectionId>,
    /// Whether one row stands for all of them.
    pub(super) is_folded: bool,
    pub(super) is_tall: bool,
}

/// An end on the far side, and the room above it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Far {
    pub(super) end: String,
    pub(super) space: u32,
}

/// A line between a row and a card: several connections where they are folded.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wire {
    pub(super) lines: Vec<ConnectionId>,
    /// Where it begins and ends, from the top, left to right.
    pub(super) left: f64,
    pub(super) right: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Plan {
    pub(super) side: Side,
    pub(super) is_compact: bool,
    pub(super) height: u32,
    pub(super) groups: Vec<Group>,
    pub(super) far: Vec<Far>,
    /// Between sources and rows.
    pub(super) from_sources: Vec<Wire>,
    /// Between rows and destinations.
    pub(super) to_destinations: Vec<Wire>,
}

/// What of a group leads to the same far end.
type ToFar = (String, Vec<ConnectionId>);

/// A row and where its middle is.
struct Row {
    /// The far ends that its lines have, each once.
    far: Vec<ToFar>,
    middle: f64,
}

/// Places the `lines` beside the ends; `near` and `far` are the ends in their order, `folded` says which groups are.
pub(super) fn plan(side: Side, lines: &[Line], near: &[String], far: &[String], folded: impl Fn(&str) -> bool) -> Plan {
    let mut of_end: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
    for line in lines {
        let end = if side == Side::Source { &line.source } else { &line.destination };
        of_end.entry(end).or_default().push(line);
    }
    let groups: Vec<(Group, Vec<&Line>)> = near
        .iter()
        .map(|end| {
            let lines = of_end.remove(end.as_str()).unwrap_or_default();
            let is_folded = lines.len() > 1 && folded(end);
            let is_tall = !is_folded && lines.len() > CENTRED_AT_MOST;
            let ids = lines.iter().map(|line| line.id).collect();
            (Group { end: end.clone(), lines: ids, is_folded, is_tall }, lines)
        })
        .collect();
    let count: usize = groups.iter().map(|(group, lines)| if group.is_folded { 1 } else { lines.len().max(1) }).sum();
    let is_compact = count.max(far.len()) > ROOMY_AT_MOST;
    let heights = if is_compact { COMPACT } else { ROOMY };

    let mut rows = Vec::new();
    let mut near_wires = Vec::new();
    let mut top = 0;
    for (group, lines) in &groups {
        let of_far = |line: &Line| if side == Side::Source { line.destination.clone() } else { line.source.clone() };
        let mut of_group: Vec<(Vec<ConnectionId>, Vec<ToFar>)> = Vec::new();
        if group.is_folded {
            let mut ends: Vec<ToFar> = Vec::new();
            for line in lines {
                let end = of_far(line);
                match ends.iter_mut().find(|(known, _)| *known == end) {
                    Some((_, ids)) => ids.push(line.id),
                    None => ends.push((end, vec![line.id])),
                }
            }
            of_group.push((group.lines.clone(), ends));
        } else {
            of_group.extend(lines.iter().map(|line| (vec![line.id], vec![(of_far(line), vec![line.id])])));
        }
        let of_rows = heights.rows(of_group.len());
        let height = of_rows.max(heights.card);
        let card_top = if group.is_tall { top } else { top + (height - heights.card) / 2 };
        let first = top + (height - of_rows) / 2;
        let ports = heights.ports(card_top, of_group.len());
        for (at, ((lines, far), port)) in of_group.into_iter().zip(ports).enumerate() {
            let above = heights.rows(at) + if at > 0 { heights.row_gap } else { 0 };
            let middle = f64::from(first + above) + f64::from(heights.row) / 2.0;
            near_wires.push(wire(side, lines, port, middle));
            rows.push(Row { far, middle });
        }
        top += height + heights.group_gap;
    }
    let near_height = top.saturating_sub(heights.group_gap);

    let (placed, far_wires, far_height) = place_far(side, &rows, far, heights);
    let (from_sources, to_destinations) =
        if side == Side::Source { (near_wires, far_wires) } else { (far_wires, near_wires) };
    let groups = groups.into_iter().map(|(group, _)| group).collect();
    let height = near_height.max(far_height);
    Plan { side, is_compact, height, groups, far: placed, from_sources, to_destinations }
}

/// A wire from a card's port to a row's middle; which of them is left depends on the side.
fn wire(card: Side, lines: Vec<ConnectionId>, port: f64, middle: f64) -> Wire {
    match card {
        Side::Source => Wire { lines, left: port, right: middle },
        Side::Destination => Wire { lines, left: middle, right: port },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ConnectionId {
        format!("con_{number:026}").parse().unwrap_or_else(|_| panic!("an id"))
    }

    fn line(number: u32, source: &str, destination: &str) -> Line {
        Line { id: id(number), source: source.to_owned(), destination: destination.to_owned() }
    }

    fn ends(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn one_connection_is_a_straight_line() {
        for side in [Side::Source, Side::Destination] {
            let (near, far) = (ends(&["s"]), ends(&["d"]));
            let (near, far) = if side == Side::Source { (near, far) } else { (far, near) };
            let plan = plan(side, &[line(1, "s", "d")], &near, &far, |_| false);
            assert_eq!(plan.height, ROOMY.card);
            let middle = f64::from(ROOMY.card) / 2.0;
            for wires in [&plan.from_sources, &plan.to_destinations] {
                assert_eq!(wires.as_slice(), [Wire { lines: vec![id(1)], left: middle, right: middle }]);
            }
        }
    }

    #[test]
    fn far_ends_stand_by_their_rows_and_never_on_each_other() {
        let lines: Vec<_> = (0..6)
            .map(|at| line(at, ["a", "b", "c"][at as usize / 2], ["y", "x", "y", "x", "z", "z"][at as usize]))
            .collect();
        let plan = plan(Side::Source, &lines, &ends(&["a", "b", "c"]), &ends(&["x", "y", "z", "unused"]), |_| false);
        let order: Vec<_> = plan.far.iter().map(|far| far.end.as_str()).collect();
        assert_eq!(order, ["y", "x", "z", "unused"]);
        assert!(plan.far.iter().skip(1).all(|far| far.space >= ROOMY.card_gap), "{:?}", plan.far);
        let z = plan.to_destinations.iter().filter(|wire| wire.lines[0] == id(4) || wire.lines[0] == id(5));
        assert!(z.clone().all(|wire| (wire.left - wire.right).abs() < 60.0), "short: {:?}", z.collect::<Vec<_>>());
    }

    #[test]
    fn a_folded_group_is_one_row_with_a_line_to_each_end() {
        let lines: Vec<_> = (0..30).map(|at| line(at, "s", ["x", "y", "z"][at as usize % 3])).collect();
        let plan = |is_folded: bool| plan(Side::Source, &lines, &ends(&["s"]), &ends(&["x", "y", "z"]), |_| is_folded);
        let (open, folded) = (plan(false), plan(true));
        assert_eq!((open.from_sources.len(), open.to_destinations.len()), (30, 30));
        assert_eq!((folded.from_sources.len(), folded.to_destinations.len()), (1, 3));
        assert!(folded.to_destinations.iter().all(|wire| wire.lines.len() == 10));
        assert!(folded.height < open.height && open.groups[0].is_tall);
        assert_eq!(open.height, 30 * 50 - 6);
    }

    #[test]
    fn two_hundred_stand_closer_and_everything_is_within() {
        let names: Vec<_> = (0..200).map(|at| format!("d{at}")).collect();
        let lines: Vec<_> =
            (0..200).map(|at| line(at, &format!("s{}", at % 20), &names[at as usize * 7 % 200])).collect();
        let sources: Vec<_> = (0..20).map(|at| format!("s{at}")).collect();
        let plan = plan(Side::Source, &lines, &sources, &names, |_| false);
        assert!(plan.is_compact);
        let last: u32 = plan.far.iter().map(|far| far.space + COMPACT.card).sum();
        assert!(last <= plan.height);
        let wires = plan.from_sources.iter().chain(&plan.to_destinations);
        assert!(wires.clone().all(|wire| wire.left.max(wire.right) < f64::from(plan.height)));
    }

    #[test]
    fn an_empty_board_has_no_height() {
        assert_eq!(plan(Side::Source, &[], &[], &[], |_| false).height, 0);
    }
}

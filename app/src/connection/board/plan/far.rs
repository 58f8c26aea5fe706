//! The far side: each end as near to what leads to it as it fits.

use hookyard_model::ConnectionId;

use super::{Far, Row, Side, Wire, heights::Heights, wire};

/// Puts the far ends as near to the middle of their rows as they fit, so that lines are short and cross little.
#[expect(clippy::type_complexity, reason = "it does not leave here")]
pub(super) fn place_far(side: Side, rows: &[Row], far: &[String], heights: Heights) -> (Vec<Far>, Vec<Wire>, u32) {
    let mut wanted: Vec<(&String, Option<f64>, Vec<(f64, Vec<ConnectionId>)>)> = far
        .iter()
        .map(|end| {
            let of_row = |row: &Row| {
                row.far.iter().find(|(known, _)| known == end).map(|(_, lines)| (row.middle, lines.clone()))
            };
            let lines: Vec<_> = rows.iter().filter_map(of_row).collect();
            let sum: f64 = lines.iter().map(|(middle, _)| middle).sum();
            #[expect(clippy::cast_precision_loss, reason = "there are not that many lines")]
            let middle = (!lines.is_empty()).then(|| sum / lines.len() as f64);
            (end, middle, lines)
        })
        .collect();
    // What nothing leads to stands last.
    wanted.sort_by(|(_, one, _), (_, other, _)| one.unwrap_or(f64::MAX).total_cmp(&other.unwrap_or(f64::MAX)));
    let step = f64::from(heights.card + heights.card_gap);
    let mut last = 0.0;
    let mut tops = Vec::new();
    let mut index = 0.0;
    for (_, middle, _) in &wanted {
        last = middle.map_or(last, |middle| middle - f64::from(heights.card) / 2.0);
        tops.push(last - index * step);
        index += 1.0;
    }
    let mut placed = Vec::new();
    let mut wires = Vec::new();
    let mut bottom = 0_u32;
    let mut index = 0.0;
    for ((end, _, lines), wish) in wanted.into_iter().zip(rising(&tops)) {
        let least = if placed.is_empty() { 0 } else { bottom + heights.card_gap };
        let top = pixels(wish.max(0.0) + index * step).max(least);
        index += 1.0;
        placed.push(Far { end: end.clone(), space: top - bottom });
        bottom = top + heights.card;
        let ports = heights.ports(top, lines.len());
        wires.extend(lines.into_iter().zip(ports).map(|((middle, lines), port)| {
            let opposite = if side == Side::Source { Side::Destination } else { Side::Source };
            wire(opposite, lines, port, middle)
        }));
    }
    (placed, wires, bottom)
}

/// The nearest values that never fall: neighbours that would, share their mean.
fn rising(wishes: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for wish in wishes {
        blocks.push((*wish, 1));
        while let [.., (before, many), (last, count)] = blocks[..] {
            if before <= last {
                break;
            }
            #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
            let (many_f, count_f) = (many as f64, count as f64);
            blocks.truncate(blocks.len() - 2);
            blocks.push(((before * many_f + last * count_f) / (many_f + count_f), many + count));
        }
    }
    blocks.into_iter().flat_map(|(value, count)| std::iter::repeat_n(value, count)).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a board is not that high")]
fn pixels(value: f64) -> u32 {
    value.round().max(0.0) as u32
}

//! How tall things are, in pixels, as in `style/board.css`.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heights {
    pub(super) row: u32,
    pub(super) row_gap: u32,
    pub(super) card: u32,
    pub(super) card_gap: u32,
    pub(super) group_gap: u32,
}

pub(super) const ROOMY: Heights = Heights { row: 44, row_gap: 6, card: 58, card_gap: 14, group_gap: 20 };
pub(super) const COMPACT: Heights = Heights { row: 34, row_gap: 4, card: 44, card_gap: 8, group_gap: 12 };

/// So much of a card's height takes lines.
const PORTS: f64 = 0.6;

impl Heights {
    /// So many rows below each other.
    pub(super) fn rows(self, count: usize) -> u32 {
        let count = u32::try_from(count).unwrap_or(u32::MAX / 100);
        (count * (self.row + self.row_gap)).saturating_sub(self.row_gap)
    }

    /// Where so many lines meet a card.
    pub(super) fn ports(self, top: u32, count: usize) -> impl Iterator<Item = f64> {
        let room = f64::from(self.card) * PORTS;
        let first = f64::from(top) + (f64::from(self.card) - room) / 2.0;
        #[expect(clippy::cast_precision_loss, reason = "there are not that many lines")]
        (0..count).map(move |at| first + room * (at as f64 + 0.5) / count as f64)
    }
}

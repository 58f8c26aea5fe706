//! The scale of a trace's drawing: time to scale, but for long stretches in which nothing happens, which are cut short.

/// A stretch in which nothing happened, cut short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gap {
    /// Where it is drawn, in hundredths of the whole width.
    pub(super) from: f64,
    pub(super) to: f64,
    /// How long it took.
    pub(super) millis: i64,
}

/// Where instants stand in the drawing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Scale {
    /// Instants and where they stand, in hundredths; both grow.
    points: Vec<(i64, f64)>,
    pub(super) gaps: Vec<Gap>,
}

/// How much of the width a stretch that was cut short takes at most, and all of them together.
const CUT: f64 = 7.0;
const ALL_CUT: f64 = 50.0;
/// A stretch is cut short when it would take more than this part of the width.
const TOO_MUCH: f64 = 0.55;

impl Scale {
    /// A scale on which these instants stand.
    pub(super) fn of(mut instants: Vec<i64>) -> Self {
        instants.sort_unstable();
        instants.dedup();
        let lengths: Vec<i64> = instants.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let is_cut = cut(&lengths);
        let count = is_cut.iter().filter(|cut| **cut).count();
        let room = as_f64(i64::try_from(count).unwrap_or(0));
        let whole: i64 = lengths.iter().zip(&is_cut).filter(|(_, cut)| !**cut).map(|(length, _)| length).sum();
        let cut_width = match (count, whole) {
            (0, _) => 0.0,
            (_, 0) => 100.0 / room,
            _ => CUT.min(ALL_CUT / room),
        };
        let per_milli = if whole == 0 { 0.0 } else { (100.0 - cut_width * room) / as_f64(whole) };
        let mut scale = Self::default();
        let mut at = 0.0;
        scale.points.extend(instants.first().map(|first| (*first, at)));
        for ((length, cut), instant) in lengths.iter().zip(is_cut).zip(instants.iter().skip(1)) {
            let width = if cut { cut_width } else { as_f64(*length) * per_milli };
            if cut {
                scale.gaps.push(Gap { from: at, to: at + width, millis: *length });
            }
            at += width;
            scale.points.push((*instant, at));
        }
        scale
    }

    /// The last instant that stands on it.
    pub(super) fn end(&self) -> i64 {
        self.points.last().map_or(0, |(instant, _)| *instant)
    }

    /// Where an instant stands, in hundredths of the width.
    pub(super) fn at(&self, instant: i64) -> f64 {
        let after = self.points.partition_point(|(known, _)| *known < instant);
        match (after.checked_sub(1).and_then(|before| self.points.get(before)), self.points.get(after)) {
            (_, Some((known, at))) if *known == instant => *at,
            (Some((t0, x0)), Some((t1, x1))) => x0 + (x1 - x0) * as_f64(instant - t0) / as_f64((t1 - t0).max(1)),
            (Some((_, at)), None) | (None, Some((_, at))) => *at,
            (None, None) => 0.0,
        }
    }

    /// Instants to write below the drawing, from the first: where they stand, and how long after the first they are. None
    /// stands so near the one before that both could not be read.
    pub(super) fn ticks(&self, apart: f64) -> Vec<(f64, i64)> {
        let Some((first, _)) = self.points.first().copied() else { return Vec::new() };
        let mut ticks = vec![(0.0, 0)];
        let mut last = 0.0;
        for (instant, at) in &self.points {
            // At the right end there is no room for a text that begins there.
            if at - last >= apart && *at <= 100.0 - apart / 2.0 {
                ticks.push((*at, instant - first));
                last = *at;
            }
        }
        ticks
    }
}

/// Which of these stretches are cut short: the longest ones, as long as one of them would leave nothing of the others.
fn cut(lengths: &[i64]) -> Vec<bool> {
    let mut longest: Vec<usize> = (0..lengths.len()).collect();
    longest.sort_unstable_by_key(|index| std::cmp::Reverse(lengths[*index]));
    let mut left: i64 = lengths.iter().sum();
    let mut cut = vec![false; lengths.len()];
    // One stretch alone is as long as it is.
    for index in longest.into_iter().take(lengths.len().saturating_sub(1)) {
        let length = lengths[index];
        if left == 0 || as_f64(length) / as_f64(left) < TOO_MUCH {
            break;
        }
        cut[index] = true;
        left -= length;
    }
    cut
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a history are exact in f64")]
fn as_f64(millis: i64) -> f64 {
    millis as f64
}

/// How long after the beginning, for people: `+12 ms`, `+5.0 s`, `+3 min 20 s`.
pub(super) fn after(millis: i64) -> String {
    format!("+{}", length(millis))
}

/// So many milliseconds for people.
pub(super) fn length(millis: i64) -> String {
    match millis {
        ..1000 => format!("{millis} ms"),
        1000..60_000 => format!("{:.1} s", as_f64(millis) / 1000.0),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis / 1000 % 60),
        3_600_000..86_400_000 => format!("{} h {} min", millis / 3_600_000, millis / 60_000 % 60),
        _ => format!("{} d {} h", millis / 86_400_000, millis / 3_600_000 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_to_scale() {
        let scale = Scale::of(vec![0, 10, 20, 40]);
        assert_eq!(scale.gaps, []);
        for (instant, at) in [(0, 0.0), (10, 25.0), (20, 50.0), (30, 75.0), (40, 100.0), (99, 100.0), (-5, 0.0)] {
            assert!((scale.at(instant) - at).abs() < 1e-9, "{instant}");
        }
    }

    #[test]
    fn long_stretches_are_cut_short_and_the_rest_is_to_scale() {
        let scale = Scale::of(vec![0, 10, 20, 5020, 5030, 305_030, 305_040]);
        assert_eq!(scale.gaps.iter().map(|gap| gap.millis).collect::<Vec<_>>(), [5000, 300_000]);
        let width = |from, to| scale.at(to) - scale.at(from);
        assert!((width(20, 5020) - CUT).abs() < 1e-9 && (width(5030, 305_030) - CUT).abs() < 1e-9);
        for (from, to) in [(0, 10), (10, 20), (5020, 5030), (305_030, 305_040)] {
            assert!((width(from, to) - 86.0 / 4.0).abs() < 1e-9);
        }
        assert!((scale.at(305_040) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn few_instants_stand_somewhere() {
        assert!(Scale::of(Vec::new()).at(7).abs() < 1e-9);
        assert!(Scale::of(vec![7]).at(7).abs() < 1e-9);
        let two = Scale::of(vec![0, 1_000_000]);
        assert!(two.gaps.is_empty() && (two.at(1_000_000) - 100.0).abs() < 1e-9);
        // Retries that are further and further apart.
        let many = Scale::of((0..40).map(|n| 2_i64.pow(n)).collect());
        assert!((many.at(2_i64.pow(39)) - 100.0).abs() < 1e-6);
        assert!(many.ticks(9.0).len() <= 12);
    }

    #[test]
    fn lengths_are_told_in_two_units() {
        for (millis, text) in [(7, "7 ms"), (5_040, "5.0 s"), (200_000, "3 min 20 s"), (7_260_000, "2 h 1 min")] {
            assert_eq!(length(millis), text);
        }
    }
}

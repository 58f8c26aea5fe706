//! The scales of charts: few round numbers beside them, and few round times below.

use hookyard_model::Timestamp;

/// What stands beside a chart: from 0 to a round number, in two to five steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    step: f64,
    steps: u32,
}

impl Axis {
    /// The axis that reaches the greatest of these.
    pub(crate) fn for_values(values: impl Iterator<Item = f64>) -> Self {
        let most = values.fold(0.0_f64, f64::max);
        if most <= 0.0 {
            return Self { step: 1.0, steps: 1 };
        }
        let power = 10_f64.powf((most / 4.0).log10().floor());
        // Nothing is counted by halves.
        let step =
            [1.0, 2.0, 5.0, 10.0].map(|step| (step * power).max(1.0)).into_iter().find(|step| most / step <= 4.0);
        let step = step.unwrap_or(most.max(1.0));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "there are four at most")]
        let steps = ((most / step).ceil() as u32).max(1);
        Self { step, steps }
    }

    pub(crate) fn top(self) -> f64 {
        self.step * f64::from(self.steps)
    }

    /// Each number with its height, 0 to 1.
    pub(crate) fn ticks(self) -> Vec<(f64, f64)> {
        (0..=self.steps).map(|n| (self.step * f64::from(n), f64::from(n) / f64::from(self.steps))).collect()
    }
}

/// A number of a scale in a few characters: `850`, `1.2k`, `3M`.
pub(crate) fn short(number: f64) -> String {
    let (divided, unit) = match number {
        n if n >= 1e9 => (n / 1e9, "G"),
        n if n >= 1e6 => (n / 1e6, "M"),
        n if n >= 1e4 => (n / 1e3, "k"),
        n => (n, ""),
    };
    let text = if unit.is_empty() || divided >= 100.0 { format!("{divided:.0}") } else { format!("{divided:.1}") };
    format!("{}{unit}", text.trim_end_matches(".0"))
}

/// A count for people, with its thousands set off: `1 204 350`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for (at, digit) in digits[first..].chars().enumerate() {
        if at % 3 == 0 && !text.is_empty() {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The times below a chart: where they stand, 0 to 1, and how they read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labels {
    pub(crate) marks: Vec<(f64, String)>,
}

/// The steps that times may have, in minutes.
const STEPS: [i64; 13] = [1, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880];

/// Labels for bars that begin at `times`, as `write` writes a time: `2026-01-31 08:15:00` where the reader is. About six
/// bars are chosen, each the first at or after a round time of the reader's clock; the first of a day says the day.
#[expect(clippy::cast_precision_loss, reason = "two digits are drawn")]
pub(crate) fn time_labels(times: &[Timestamp], write: &dyn Fn(Timestamp) -> String) -> Labels {
    let (Some(first), Some(last)) = (times.first(), times.last()) else { return Labels { marks: Vec::new() } };
    let span = (last.millis() - first.millis()) / 60_000;
    let step = STEPS.into_iter().find(|step| span / step <= 6).unwrap_or(2880);
    let count = times.len() as f64;
    let mut marks = Vec::new();
    let mut before: Option<(i64, i64)> = None;
    for (at, time) in times.iter().enumerate() {
        let text = write(*time);
        let Some((today, minutes)) = parts(&text) else { continue };
        // Which of the round stretches of the reader's days the bar begins in.
        let stretch = (today * 1440 + minutes).div_euclid(step);
        let is_new = match before {
            Some((_, known)) => known != stretch,
            None => (today * 1440 + minutes) % step == 0,
        };
        if is_new {
            let is_new_day = step >= 1440 || before.is_some_and(|(known, _)| known != today);
            let shown = if is_new_day { day(&text) } else { text.get(11..16).unwrap_or_default().to_owned() };
            marks.push((at as f64 / count, shown));
        }
        before = Some((today, stretch));
    }
    Labels { marks }
}

/// A number of the day, which grows by one from day to day but at a month's end, and the minutes since midnight, of `2026-01-31 08:15:00`.
fn parts(text: &str) -> Option<(i64, i64)> {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i64>().ok());
    let day = part(0..4)? * 372 + part(5..7)? * 31 + part(8..10)?;
    Some((day, part(11..13)? * 60 + part(14..16)?))
}

/// `31 Jan` of `2026-01-31 08:15:00`.
fn day(text: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = text.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let name = MONTHS.get(month.saturating_sub(1)).unwrap_or(&"");
    format!("{} {name}", text.get(8..10).unwrap_or_default().trim_start_matches('0'))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_axis_has_few_round_steps_and_reaches_the_top() {
        for (most, top, steps) in [
            (0.0, 1.0, 1),
            (1.0, 1.0, 1),
            (3.0, 3.0, 3),
            (7.0, 8.0, 4),
            (11.0, 15.0, 3),
            (950.0, 1000.0, 2),
            (12_345.0, 15_000.0, 3),
        ] {
            let axis = Axis::for_values([0.0, most].into_iter());
            assert!((axis.top() - top).abs() < 0.01, "{most}: {axis:?}");
            assert_eq!(axis.ticks().len(), steps + 1, "{most}");
        }
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [(0.0, "0"), (9999.0, "9999"), (12_500.0, "12.5k"), (150_000.0, "150k"), (2e6, "2M")] {
            assert_eq!(short(number), text);
        }
        for (count, text) in [(7, "7"), (1234, "1\u{202f}234"), (1_234_567, "1\u{202f}234\u{202f}567"), (100, "100")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn times_are_few_and_round() {
        let write = |at: Timestamp| at.to_string().replace('T', " ").chars().take(19).collect::<String>();
        for (step, count, expected) in [
            (1, 60, vec!["09:20", "09:30", "09:40", "09:50", "10:00", "10:10"]),
            (30, 48, vec!["12:00", "16:00", "20:00", "4 Mar", "04:00", "08:00"]),
            (360, 60, vec!["18 Feb", "20 Feb", "22 Feb", "24 Feb", "26 Feb", "28 Feb", "1 Mar", "3 Mar"]),
        ] {
            let end: Timestamp = "2026-03-04T10:18:00Z".parse().unwrap();
            let length = Duration::from_mins(step);
            let round = i64::try_from(length.as_millis()).unwrap();
            let last = Timestamp::from_millis(end.millis().div_euclid(round) * round);
            let times: Vec<_> = (0..count).rev().map(|n| last.minus(length * n)).collect();
            let labels = time_labels(&times, &write);
            let texts: Vec<_> = labels.marks.iter().map(|(_, text)| text.as_str()).collect();
            assert_eq!(texts, expected);
        }
    }
}

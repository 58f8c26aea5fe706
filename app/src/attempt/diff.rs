//! What differs between two texts, line by line, and between two sets of headers.

use hookyard_model::Headers;

/// Between the common beginning and end, so many lines of each text are compared at most: the work grows with their product.
const COMPARED_AT_MOST: usize = 1500;

/// So many equal lines are shown around a difference.
const AROUND: usize = 3;

/// A row of two texts side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Same(String),
    /// A line that only the one, the other, or each in its own way has.
    Differs(Option<String>, Option<String>),
    /// So many equal lines that are not shown.
    Skipped(usize),
}

/// What of a difference is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Diff {
    pub(super) rows: Vec<Row>,
    /// So many lines were not compared, because there are too many.
    pub(super) left_out: usize,
}

/// The rows that lead from `left` to `right`.
pub(super) fn lines(left: &str, right: &str) -> Diff {
    let (left, right): (Vec<&str>, Vec<&str>) = (left.split('\n').collect(), right.split('\n').collect());
    let head = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let tail =
        left[head..].iter().rev().zip(right[head..].iter().rev()).take_while(|(left, right)| left == right).count();
    let (one, other) = (&left[head..left.len() - tail], &right[head..right.len() - tail]);
    let cut = |lines: &[&str]| lines.len().min(COMPARED_AT_MOST);
    let left_out = one.len() - cut(one) + other.len() - cut(other);
    let mut rows: Vec<Row> = left[..head].iter().map(|line| Row::Same((*line).to_owned())).collect();
    rows.extend(middle(&one[..cut(one)], &other[..cut(other)]));
    if left_out == 0 {
        rows.extend(left[left.len() - tail..].iter().map(|line| Row::Same((*line).to_owned())));
    }
    Diff { rows: folded(rows), left_out }
}

/// The longest common subsequence of both, the lines between paired off.
fn middle(left: &[&str], right: &[&str]) -> Vec<Row> {
    let width = right.len() + 1;
    let mut common = vec![0_u16; (left.len() + 1) * width];
    for (at, line) in left.iter().enumerate().rev() {
        for (beside, other) in right.iter().enumerate().rev() {
            common[at * width + beside] = if line == other {
                common[(at + 1) * width + beside + 1] + 1
            } else {
                common[(at + 1) * width + beside].max(common[at * width + beside + 1])
            };
        }
    }
    let mut rows = Vec::new();
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let (mut at, mut beside) = (0, 0);
    while at < left.len() || beside < right.len() {
        if at < left.len() && beside < right.len() && left[at] == right[beside] {
            pair_off(&mut rows, &mut gone, &mut come);
            rows.push(Row::Same(left[at].to_owned()));
            at += 1;
            beside += 1;
        } else if beside == right.len()
            || (at < left.len() && common[(at + 1) * width + beside] >= common[at * width + beside + 1])
        {
            gone.push(left[at].to_owned());
            at += 1;
        } else {
            come.push(right[beside].to_owned());
            beside += 1;
        }
    }
    pair_off(&mut rows, &mut gone, &mut come);
    rows
}

fn pair_off(rows: &mut Vec<Row>, gone: &mut Vec<String>, come: &mut Vec<String>) {
    let (mut gone, mut come) = (gone.drain(..), come.drain(..));
    loop {
        match (gone.next(), come.next()) {
            (None, None) => return,
            (left, right) => rows.push(Row::Differs(left, right)),
        }
    }
}

/// Equal lines far from a difference, folded.
fn folded(rows: Vec<Row>) -> Vec<Row> {
    let differs: Vec<usize> =
        rows.iter().enumerate().filter(|(_, row)| matches!(row, Row::Differs(..))).map(|(at, _)| at).collect();
    let mut folded = Vec::new();
    let mut skipped = 0;
    for (at, row) in rows.into_iter().enumerate() {
        let next = differs.partition_point(|place| *place < at);
        let is_near = [next.checked_sub(1), Some(next)]
            .into_iter()
            .flatten()
            .filter_map(|index| differs.get(index))
            .any(|place| place.abs_diff(at) <= AROUND);
        if is_near {
            if skipped > 0 {
                folded.push(Row::Skipped(std::mem::take(&mut skipped)));
            }
            folded.push(row);
        } else {
            skipped += 1;
        }
    }
    if skipped > 0 {
        folded.push(Row::Skipped(skipped));
    }
    folded
}

/// A header's values on both sides; none where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeaderPair {
    pub(super) name: String,
    pub(super) left: Option<String>,
    pub(super) right: Option<String>,
}

impl HeaderPair {
    pub(super) fn differs(&self) -> bool {
        self.left != self.right
    }
}

/// Each name of either side once, in the order of the left side, then what only the right side has.
pub(super) fn headers(left: &Headers, right: &Headers) -> Vec<HeaderPair> {
    let value = |headers: &Headers, name: &str| {
        let values: Vec<_> =
            headers.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join("\n"))
    };
    let mut pairs: Vec<HeaderPair> = Vec::new();
    for (name, _) in left.0.iter().chain(&right.0) {
        if !pairs.iter().any(|pair| pair.name == *name) {
            pairs.push(HeaderPair { name: name.clone(), left: value(left, name), right: value(right, name) });
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A difference in letters: ` a` stays, `-a` goes, `+a` comes, `-a+b` becomes, `~3` is folded.
    fn written(left: &str, right: &str) -> String {
        let row = |row: &Row| match row {
            Row::Same(line) => format!(" {line}"),
            Row::Differs(left, right) => {
                let side = |sign: &str, line: &Option<String>| line.as_ref().map(|line| format!("{sign}{line}"));
                side("-", left).unwrap_or_default() + &side("+", right).unwrap_or_default()
            }
            Row::Skipped(count) => format!("~{count}"),
        };
        lines(left, right).rows.iter().map(row).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn lines_are_told_apart() {
        for (case, left, right, expected) in [
            ("equal", "a\nb", "a\nb", "~2"),
            ("one changes", "a\nb\nc", "a\nx\nc", " a,-b+x, c"),
            ("one comes", "a\nc", "a\nb\nc", " a,+b, c"),
            ("one goes", "a\nb\nc", "a\nc", " a,-b, c"),
            ("from nothing", "", "a", "-+a"),
            ("far away is folded", "1\n2\n3\n4\n5\n6", "1\n2\n3\n4\n5\n7", "~2, 3, 4, 5,-6+7"),
            ("moved", "a\nb\nc\nd", "b\nc\na\nd", "-a, b, c,+a, d"),
            ("twice", "x\na\ny\na\nz", "a\na", "-x, a,-y, a,-z"),
        ] {
            assert_eq!(written(left, right), expected, "{case}");
        }
    }

    #[test]
    fn any_two_texts_come_out_whole() {
        // All pairs of texts of up to four lines out of two.
        let mut texts = vec![String::new()];
        for at in 0..30 {
            let shorter = texts[at / 2].clone();
            let line = ["a", "b"][at % 2];
            texts.push(if shorter.is_empty() { line.to_owned() } else { format!("{shorter}\n{line}") });
        }
        for left in &texts {
            for right in &texts {
                let rows = super::middle(&split(left), &split(right));
                let side = |pick: fn(&Row) -> Option<&str>| rows.iter().filter_map(pick).collect::<Vec<_>>();
                assert_eq!(side(of_left), split(left));
                assert_eq!(side(of_right), split(right));
            }
        }
    }

    fn split(text: &str) -> Vec<&str> {
        text.split('\n').collect()
    }

    fn of_left(row: &Row) -> Option<&str> {
        match row {
            Row::Same(line) | Row::Differs(Some(line), _) => Some(line),
            Row::Differs(None, _) | Row::Skipped(_) => None,
        }
    }

    fn of_right(row: &Row) -> Option<&str> {
        match row {
            Row::Same(line) | Row::Differs(_, Some(line)) => Some(line),
            Row::Differs(_, None) | Row::Skipped(_) => None,
        }
    }

    #[test]
    fn long_texts_are_compared_in_part() {
        let long = |word: &str| (0..5000).map(|number| format!("{word}{number}")).collect::<Vec<_>>().join("\n");
        let diff = lines(&long("a"), &long("b"));
        assert_eq!((diff.rows.len(), diff.left_out), (COMPARED_AT_MOST, 7000));
    }

    #[test]
    fn headers_are_paired_by_name() {
        let of = |pairs: &[(&str, &str)]| {
            Headers(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let pairs = headers(&of(&[("a", "1"), ("b", "2"), ("a", "3")]), &of(&[("c", "4"), ("a", "1")]));
        let seen: Vec<_> = pairs
            .iter()
            .map(|pair| (pair.name.as_str(), pair.left.as_deref(), pair.right.as_deref(), pair.differs()))
            .collect();
        assert_eq!(
            seen,
            [("a", Some("1\n3"), Some("1"), true), ("b", Some("2"), None, true), ("c", None, Some("4"), true)]
        );
    }
}

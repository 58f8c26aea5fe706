//! Pages of a list, stable while rows arrive.

use std::{fmt, str::FromStr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::{Problem, Timestamp};

/// Which way a list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Asc,
    #[default]
    Desc,
}

/// By what a list of what is configured runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    #[default]
    CreatedAt,
    UpdatedAt,
    Name,
}

words! { OrderBy: CreatedAt = "created_at", UpdatedAt = "updated_at", Name = "name" }

impl OrderBy {
    /// Whether nobody asked for another order.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A place in a list: after or before the row with this id, or with what the list runs by, a line's end and this id. Opaque
/// to clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Whether the page lies before the row (towards the list's start) rather than after it.
    pub back: bool,
    pub id: String,
}

impl fmt::Display for Cursor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.back { 'p' } else { 'n' };
        out.write_str(&URL_SAFE_NO_PAD.encode(format!("{way}{}", self.id)))
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "not a cursor that a page gave")?;
        let text = String::from_utf8(bytes).map_err(|_| "not a cursor that a page gave")?;
        match text.split_at_checked(1) {
            Some(("n", id)) if is_place(id) => Ok(Self { back: false, id: id.to_owned() }),
            Some(("p", id)) if is_place(id) => Ok(Self { back: true, id: id.to_owned() }),
            _ => Err("not a cursor that a page gave"),
        }
    }
}

/// A name has at most 155 characters, and no database takes a NUL.
fn is_place(text: &str) -> bool {
    text.len() < 700 && !text.contains('\0')
}

/// A bound of a time range: an instant, or so long before now (`now-24h`; units s, m, h, d).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeBound {
    At(Timestamp),
    BeforeNow(Duration),
}

impl TimeBound {
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::BeforeNow(ago) => now.minus(ago),
        }
    }

    /// Refuses a window that ends before it begins: nobody means that nothing is found. `field` is where it begins.
    pub fn check_order(field: &str, from: Option<Self>, to: Option<Self>, now: Timestamp) -> Result<(), Problem> {
        match (from, to) {
            (Some(from), Some(to)) if from.resolve(now) > to.resolve(now) => {
                Err(Problem::field(field, "is later than `to`"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for TimeBound {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => time.fmt(out),
            Self::BeforeNow(Duration::ZERO) => out.write_str("now"),
            Self::BeforeNow(ago) => write!(out, "now-{}s", ago.as_secs()),
        }
    }
}

impl FromStr for TimeBound {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "expected a time such as 2026-01-31T08:15:00Z, or now-24h";
        let Some(relative) = text.strip_prefix("now") else {
            return text.parse().map(Self::At).map_err(|_| WRONG);
        };
        if relative.is_empty() {
            return Ok(Self::BeforeNow(Duration::ZERO));
        }
        let amount = relative.strip_prefix('-').ok_or(WRONG)?;
        let unit = match amount.chars().last() {
            Some('s') => 1,
            Some('m') => 60,
            Some('h') => 3600,
            Some('d') => 86_400,
            _ => return Err(WRONG),
        };
        let amount: u32 = amount[..amount.len() - 1].parse().map_err(|_| WRONG)?;
        Ok(Self::BeforeNow(Duration::from_secs(u64::from(amount) * unit)))
    }
}

/// Values separated by commas in a query, such as `a,b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commas<T>(pub Vec<T>);

impl<T> Default for Commas<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Commas<T> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: fmt::Display> fmt::Display for Commas<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str(",")?;
            }
            value.fmt(out)?;
        }
        Ok(())
    }
}

impl<T: FromStr> FromStr for Commas<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, T::Err> {
        text.split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

macro_rules! as_text {
    ($name:ty $(, $t:ident)?) => {
        impl$(<$t: fmt::Display>)? Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de $(, $t: FromStr<Err: fmt::Display>)?> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                std::borrow::Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }

        #[cfg(feature = "server")]
        impl$(<$t>)? utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).into()
            }
        }
    };
}

as_text!(Cursor);
as_text!(TimeBound);
as_text!(Commas<T>, T);

#[cfg(feature = "server")]
impl utoipa::ToSchema for Cursor {}

#[cfg(feature = "server")]
impl utoipa::ToSchema for TimeBound {}

/// Which page of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageQuery {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// How many rows at most, 1 to 255; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default)]
    pub dir: Direction,
}

impl PageQuery {
    pub const DEFAULT_LIMIT: u32 = 100;
    pub const MAX_LIMIT: u32 = 255;

    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT).clamp(1, Self::MAX_LIMIT)
    }
}

/// How a page was cut from its list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Pagination {
    /// Lists run by the time rows were made, and those of what is configured by what was asked for.
    pub order_by: String,
    pub dir: Direction,
    pub limit: u32,
    /// The cursor of the page after this one.
    pub next: Option<Cursor>,
    /// The cursor of the page before this one.
    pub prev: Option<Cursor>,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "server", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub models: Vec<T>,
    /// How many rows this page has.
    pub count: u64,
    pub pagination: Pagination,
}

impl<T> Page<T> {
    /// A page from up to `limit + 1` rows read from the cursor on, in the order they were read (so backwards when
    /// the cursor points back); the row too many only tells that there are more.
    pub fn cut(query: &PageQuery, mut rows: Vec<T>, id: impl Fn(&T) -> String) -> Self {
        let limit = query.limit();
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let back = query.cursor.as_ref().is_some_and(|cursor| cursor.back);
        if back {
            rows.reverse();
        }
        let at = |row: Option<&T>, back| row.map(|row| Cursor { back, id: id(row) });
        let (is_next, is_prev) = if back { (true, more) } else { (more, query.cursor.is_some()) };
        let pagination = Pagination {
            order_by: "created_at".to_owned(),
            dir: query.dir,
            limit,
            next: at(rows.last(), false).filter(|_| is_next),
            prev: at(rows.first(), true).filter(|_| is_prev),
        };
        Self { count: rows.len() as u64, models: rows, pagination }
    }

    /// The page of a list that ran so.
    #[must_use]
    pub fn ordered(mut self, by: OrderBy) -> Self {
        self.pagination.order_by = by.to_string();
        self
    }

    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { models: self.models.into_iter().map(turn).collect(), count: self.count, pagination: self.pagination }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_lead_both_ways() {
        let list: Vec<u32> = (0..10).collect();
        let page = |cursor: Option<Cursor>| {
            let query = PageQuery { cursor: cursor.clone(), limit: Some(4), dir: Direction::Asc };
            let rows: Vec<u32> = match &cursor {
                None => list.iter().copied().take(5).collect(),
                Some(Cursor { back: false, id }) => {
                    list.iter().copied().filter(|n| *n > id.parse().unwrap()).take(5).collect()
                }
                Some(Cursor { back: true, id }) => {
                    list.iter().rev().copied().filter(|n| *n < id.parse().unwrap()).take(5).collect()
                }
            };
            Page::cut(&query, rows, ToString::to_string)
        };
        let first = page(None);
        assert_eq!((first.models.as_slice(), &first.pagination.prev), (&[0, 1, 2, 3][..], &None));
        let second = page(first.pagination.next.clone());
        assert_eq!(second.models, [4, 5, 6, 7]);
        let third = page(second.pagination.next.clone());
        assert_eq!((third.models.as_slice(), &third.pagination.next), (&[8, 9][..], &None));
        assert_eq!(page(third.pagination.prev).models, [4, 5, 6, 7]);
        let back = page(second.pagination.prev);
        assert_eq!((back.models.as_slice(), back.pagination.prev), (&[0, 1, 2, 3][..], None));
    }

    #[test]
    fn a_time_bound_may_be_relative() {
        assert_eq!("now-24h".parse(), Ok(TimeBound::BeforeNow(Duration::from_hours(24))));
        for bad in ["now-", "now-h", "now+1h", "24h", "now-1é"] {
            assert!(bad.parse::<TimeBound>().is_err(), "{bad}");
        }
    }
}

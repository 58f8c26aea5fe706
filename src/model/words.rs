//! Enums that are words: one spelling in JSON, in a column, in a URL and on the screen.

/// A text that is none of the words that may stand there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is not one of {expected}")]
pub struct BadWord {
    pub found: String,
    pub expected: &'static str,
}

/// Gives an enum `Display`, `FromStr`, `as_str`, `ALL` and, on servers, a text column.
macro_rules! words {
    ($name:ident: $first:ident = $first_word:literal $(, $variant:ident = $word:literal)* $(,)?) => {
        impl $name {
            pub const ALL: &[Self] = &[Self::$first $(, Self::$variant)*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::BadWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $first_word => Ok(Self::$first),
                    $($word => Ok(Self::$variant),)*
                    _ => Err($crate::words::BadWord {
                        found: text.chars().take(64).collect(),
                        expected: concat!($first_word $(, ", ", $word)*),
                    }),
                }
            }
        }

        #[cfg(feature = "server")]
        text_column!($name);
    };
}

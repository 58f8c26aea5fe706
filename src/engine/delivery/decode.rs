//! Reads an answer and keeps of it what matters: the head, and at most 64 KiB of the body out of its content encoding.

use std::{io::Read, time::Duration};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use hookyard_model::{ErrorCode, Timings, phrase};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::time::Instant;

use super::connect::{Progress, Step};
use crate::budget::Held;

/// As many decoded bytes of an answer as are kept.
const KEPT: usize = 64 * 1024;

/// What gzip and deflate may add to incompressible bytes, with room for a file name and the like in the head.
const OVERHEAD: usize = 4 * 1024;

/// So much of an answer that nobody needs is read all the same, to keep the connection: a new one costs more.
const DRAINED: u64 = 256 * 1024;

/// What came of a request.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// None: a whole answer came, whatever its status. Else a sentence for people, without secrets.
    pub(crate) failure: Option<(ErrorCode, String)>,
    pub(crate) status: Option<u16>,
    /// Names in lower case; values that are not UTF-8 are read as Latin-1.
    pub(crate) headers: Option<Vec<(String, String)>>,
    /// Out of its content encoding, at most 64 KiB.
    pub(crate) body: Option<Vec<u8>>,
    /// Whether the body was longer than what is kept.
    pub(crate) truncated: bool,
    /// Without the time in the queue.
    pub(crate) timings: Timings,
    /// The `retry-after` header as it stood.
    pub(crate) retry_after: Option<String>,
}

/// Of an answer that somebody waits for, all is kept, as it came.
#[derive(Debug)]
pub(crate) struct Whole {
    /// As many bytes at most.
    pub(crate) most: usize,
    /// What they take up.
    pub(crate) held: Held,
}

/// What has come so far.
#[derive(Default)]
pub(super) struct Answer {
    /// None: only its beginning matters, out of its content encoding.
    whole: Option<Whole>,
    head: Option<Head>,
    /// The body's beginning, as it came.
    raw: Vec<u8>,
    /// Whether the body was longer than can matter.
    cut: bool,
}

struct Head {
    status: StatusCode,
    headers: HeaderMap,
    at: Instant,
}

impl Head {
    fn encoding(&self) -> Encoding {
        let mut named = self.headers.get_all(header::CONTENT_ENCODING).iter();
        match (named.next(), named.next()) {
            (Some(name), None) => Encoding::named(name.as_bytes()),
            _ => Encoding::Plain,
        }
    }
}

impl Answer {
    /// One that is kept whole.
    pub(super) fn whole(whole: Whole) -> Self {
        Self { whole: Some(whole), ..Self::default() }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.head.is_some()
    }

    /// Whether all that is kept is here already.
    pub(super) fn is_enough(&self) -> bool {
        self.cut
    }

    pub(super) async fn read(&mut self, response: Response<Incoming>) -> hyper::Result<()> {
        let (head, mut body) = response.into_parts();
        let head = self.head.insert(Head { status: head.status, headers: head.headers, at: Instant::now() });
        let most = self.whole.as_ref().map_or_else(|| head.encoding().most_raw(), |whole| whole.most);
        while let Some(frame) = body.frame().await {
            let Ok(data) = (match frame {
                Ok(frame) => frame.into_data(),
                Err(_) if self.cut => return Ok(()),
                Err(error) => return Err(error),
            }) else {
                continue;
            };
            if let Some(whole) = &mut self.whole
                && (data.len() > most - self.raw.len() || !whole.held.grow(data.len()))
            {
                self.cut = true;
                return Ok(());
            }
            let room = most - self.raw.len();
            self.raw.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                self.cut = true;
                if body.size_hint().exact().is_none_or(|rest| rest > DRAINED) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub(super) fn too_late(&self, progress: &Progress) -> (ErrorCode, String) {
        let Some(head) = &self.head else { return progress.too_late() };
        let (limit, began, length) = (progress.limit.as_millis(), head.at - progress.started, self.raw.len());
        let sentence = format!(
            "{} within {limit} ms: it began after {} ms, and {length} bytes of its body came",
            phrase::NO_END,
            began.as_millis()
        );
        (ErrorCode::Timeout, sentence)
    }

    pub(super) fn into_exchange(self, failure: Option<(ErrorCode, String)>, progress: &Progress) -> Exchange {
        let ended = Instant::now();
        let marks = progress.marks();
        let sent = (marks.step == Step::Sent).then_some(marks.since);
        let began = self.head.as_ref().map(|head| head.at);
        let timings = Timings {
            queue_ms: None,
            dns_ms: marks.dns.map(millis),
            connect_ms: marks.connect.map(millis),
            tls_ms: marks.tls.map(millis),
            first_byte_ms: sent.zip(began).map(|(sent, began)| millis(began - sent)),
            body_ms: began.map(|began| millis(ended - began)),
            total_ms: millis(ended - progress.started),
        };
        let Some(head) = self.head else {
            return Exchange {
                failure,
                status: None,
                headers: None,
                body: None,
                truncated: false,
                timings,
                retry_after: None,
            };
        };
        let (body, more) = match self.whole {
            Some(_) => (self.raw, false),
            None => head.encoding().decode(self.raw, KEPT),
        };
        Exchange {
            failure,
            status: Some(head.status.as_u16()),
            headers: Some(
                head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect(),
            ),
            body: Some(body),
            truncated: more || self.cut,
            timings,
            retry_after: head.headers.get(header::RETRY_AFTER).map(|value| text(value.as_bytes())),
        }
    }
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().copied().map(char::from).collect(), str::to_owned)
}

/// Content encodings that are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// None, or one that is kept as it is.
    Plain,
    Gzip,
    Deflate,
}

impl Encoding {
    /// `value` is what `content-encoding` says.
    fn named(value: &[u8]) -> Self {
        match value.trim_ascii() {
            name if name.eq_ignore_ascii_case(b"gzip") || name.eq_ignore_ascii_case(b"x-gzip") => Self::Gzip,
            name if name.eq_ignore_ascii_case(b"deflate") => Self::Deflate,
            _ => Self::Plain,
        }
    }

    /// As many bytes from the network as can matter for what is kept.
    fn most_raw(self) -> usize {
        match self {
            Self::Plain => KEPT,
            Self::Gzip | Self::Deflate => KEPT + OVERHEAD,
        }
    }

    /// The first `kept` bytes out of `raw`, and whether there were more. Of a stream that is broken or cut off it is
    /// what can be read, and `raw` itself when that is nothing: it was mislabelled then.
    fn decode(self, raw: Vec<u8>, kept: usize) -> (Vec<u8>, bool) {
        let mut decoded = Vec::new();
        let mut undo = |stream: &mut dyn Read| stream.take(kept as u64 + 1).read_to_end(&mut decoded);
        let read = match self {
            Self::Plain => Ok(0),
            Self::Gzip => undo(&mut MultiGzDecoder::new(&*raw)),
            // By the standard deflate means zlib; some servers send it without the envelope.
            Self::Deflate if is_zlib(&raw) => undo(&mut ZlibDecoder::new(&*raw)),
            Self::Deflate => undo(&mut DeflateDecoder::new(&*raw)),
        };
        if self == Self::Plain || (read.is_err() && decoded.is_empty()) {
            decoded = raw;
        }
        let more = decoded.len() > kept;
        decoded.truncate(kept);
        (decoded, more)
    }
}

/// The first `kept` bytes of a whole body out of its content encoding, and whether there were more.
pub(crate) fn decoded(headers: &[(String, String)], body: &[u8], kept: usize) -> (Vec<u8>, bool) {
    let mut named = headers.iter().filter(|(name, _)| name == "content-encoding");
    let encoding = match (named.next(), named.next()) {
        (Some((_, value)), None) => Encoding::named(value.as_bytes()),
        _ => Encoding::Plain,
    };
    match encoding {
        Encoding::Plain => (body[..body.len().min(kept)].to_vec(), body.len() > kept),
        Encoding::Gzip | Encoding::Deflate => encoding.decode(body.to_vec(), kept),
    }
}

/// Whether `raw` starts as RFC 1950 has it: method 8, and a head that 31 divides.
fn is_zlib(raw: &[u8]) -> bool {
    matches!(*raw, [method, flags, ..] if method & 0x0f == 8 && u16::from_be_bytes([method, flags]).is_multiple_of(31))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Bytes that hardly compress.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn names_of_encodings() {
        for (name, expected) in [
            ("gzip", Encoding::Gzip),
            (" X-GZip ", Encoding::Gzip),
            ("Deflate", Encoding::Deflate),
            ("identity", Encoding::Plain),
            ("br", Encoding::Plain),
            ("gzip, gzip", Encoding::Plain),
            ("", Encoding::Plain),
        ] {
            assert_eq!(Encoding::named(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn what_was_encoded_comes_back() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(b"hello").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::default());
        bare.write_all(b"hello").unwrap();
        for (case, encoding, raw) in [
            ("plain", Encoding::Plain, b"hello".to_vec()),
            ("gzip", Encoding::Gzip, gzip(b"hello")),
            ("two gzip members", Encoding::Gzip, [gzip(b"hel"), gzip(b"lo")].concat()),
            ("gzip and rubbish", Encoding::Gzip, [gzip(b"hello"), b"rubbish".to_vec()].concat()),
            ("zlib", Encoding::Deflate, zlib.finish().unwrap()),
            ("bare deflate", Encoding::Deflate, bare.finish().unwrap()),
            ("not gzip at all", Encoding::Gzip, b"hello".to_vec()),
        ] {
            assert_eq!(encoding.decode(raw, KEPT), (b"hello".to_vec(), false), "{case}");
        }
        assert_eq!(Encoding::Gzip.decode(Vec::new(), KEPT), (Vec::new(), false));
    }

    #[test]
    fn what_is_longer_is_cut() {
        for (case, encoding, raw, expected) in [
            ("plain that fits", Encoding::Plain, vec![1; KEPT], (KEPT, false)),
            ("plain that does not", Encoding::Plain, vec![1; KEPT + 1], (KEPT, true)),
            ("gzip that fits", Encoding::Gzip, gzip(&vec![1; KEPT]), (KEPT, false)),
            ("gzip that does not", Encoding::Gzip, gzip(&vec![1; KEPT + 1]), (KEPT, true)),
            ("a bomb", Encoding::Gzip, gzip(&vec![0; 10_000_000]), (KEPT, true)),
        ] {
            let (kept, more) = encoding.decode(raw, KEPT);
            assert_eq!((kept.len(), more), expected, "{case}");
        }
    }

    #[test]
    fn of_a_broken_stream_its_beginning_is_kept() {
        let whole = noise(20_000);
        let mut raw = gzip(&whole);
        raw.truncate(raw.len() / 2);
        let (kept, more) = Encoding::Gzip.decode(raw, KEPT);
        assert!(kept.len() > 5_000 && whole.starts_with(&kept) && !more, "{}", kept.len());
    }

    #[test]
    fn what_does_not_compress_is_kept_in_full_from_what_is_read() {
        let raw = gzip(&noise(KEPT));
        assert!(raw.len() <= Encoding::Gzip.most_raw(), "{}", raw.len());
    }
}

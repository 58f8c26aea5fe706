//! The files of the site once more, compressed, so that the server need not do it for each answer.

use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

use crate::{Result, say};

/// Below this many bytes an answer fits in one packet either way.
const WORTHWHILE: u64 = 1024;

/// Writes `NAME.br` and `NAME.gz` beside each text or WebAssembly file that has none of its age.
pub(super) fn beside(files: &mut BTreeSet<PathBuf>) -> Result {
    let begun = Instant::now();
    let plain: Vec<PathBuf> = files.iter().filter(|file| is_compressible(file)).cloned().collect();
    for file in plain {
        if fs::metadata(&file)?.len() < WORTHWHILE {
            continue;
        }
        for (ending, compress) in [("br", brotli as fn(&[u8], File) -> Result), ("gz", gzip)] {
            let mut name = file.clone().into_os_string();
            name.push(".");
            name.push(ending);
            let smaller = PathBuf::from(name);
            if !is_newer(&smaller, &file) {
                compress(&fs::read(&file)?, File::create(&smaller)?)?;
            }
            files.insert(smaller);
        }
    }
    say(&format!("compressed the site: {:.1} s", begun.elapsed().as_secs_f32()));
    Ok(())
}

fn is_compressible(file: &Path) -> bool {
    file.extension().and_then(OsStr::to_str).is_some_and(|ending| {
        matches!(ending, "css" | "html" | "js" | "json" | "mjs" | "svg" | "txt" | "wasm" | "webmanifest" | "xml")
    })
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path| fs::metadata(path).and_then(|about: fs::Metadata| about.modified());
    matches!((modified(file), modified(than)), (Ok(file), Ok(than)) if file >= than)
}

fn brotli(mut content: &[u8], mut file: File) -> Result {
    // Quality 11 is the best there is; a window of 2^22 bytes holds the whole program.
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: content.len(), ..Default::default() };
    brotli::BrotliCompress(&mut content, &mut file, &params)?;
    Ok(())
}

fn gzip(content: &[u8], file: File) -> Result {
    let mut encoder = GzEncoder::new(file, Compression::best());
    encoder.write_all(content)?;
    encoder.finish()?;
    Ok(())
}

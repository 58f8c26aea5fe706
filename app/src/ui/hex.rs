//! Bytes as a table: offset, hexadecimal, and the letters among them.

use std::fmt::Write as _;

const ACROSS: usize = 16;

/// Lines such as `00000010  48 6f 6f 6b …  |Hook…|`.
pub(crate) fn dump(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 5);
    for (line, row) in bytes.chunks(ACROSS).enumerate() {
        // Writing to a String does not fail.
        let _ = write!(out, "{:08x} ", line * ACROSS);
        for at in 0..ACROSS {
            if at % 8 == 0 {
                out.push(' ');
            }
            let _ = match row.get(at) {
                Some(byte) => write!(out, "{byte:02x} "),
                None => write!(out, "   "),
            };
        }
        let letters: String =
            row.iter().map(|byte| if (b' '..0x7f).contains(byte) { char::from(*byte) } else { '.' }).collect();
        let _ = writeln!(out, " |{letters}|");
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::dump;

    #[test]
    fn bytes_stand_with_their_offset_and_letters() {
        let bytes: Vec<u8> = (0x30..0x43).chain([0, 0xff]).collect();
        assert_eq!(
            dump(&bytes),
            "00000000  30 31 32 33 34 35 36 37  38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|\n\
             00000010  40 41 42 00 ff                                    |@AB..|"
        );
        assert_eq!(dump(&[]), "");
    }
}

//! Text preparation as upstream's: every character that is no letter or number becomes a space, one for one,
//! the others their single-character lower case; spaces at the ends are removed.

use crate::alphabet::Frequencies;
use crate::unicode::{KEPT, LOWERED};

const SPACE: u32 = 0x20;

/// Where each code point of the first plane goes; the others are looked up.
pub struct Preparation {
    plane: Vec<u16>,
}

fn look_up(code: u32) -> u32 {
    let after = KEPT.partition_point(|&(first, _)| first <= code);
    if after == 0 || KEPT[after - 1].1 < code {
        return SPACE;
    }
    let after = LOWERED.partition_point(|&(first, ..)| first <= code);
    // Runs of every other code point interleave with single ones; a few steps back find the right one.
    for &(first, last, step, delta) in LOWERED[..after].iter().rev().take(4) {
        if code <= last && (code - first).is_multiple_of(step) {
            return code.wrapping_add_signed(delta);
        }
    }
    code
}

/// Python's `str.isspace`.
fn is_space(code: u32) -> bool {
    matches!(code, 0x9..=0xd | 0x1c..=0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f
        | 0x205f | 0x3000)
}

impl Default for Preparation {
    fn default() -> Self {
        Self { plane: (0..=0xffff).map(|code| look_up(code) as u16).collect() }
    }
}

/// What is known of a prepared text.
pub struct Prepared {
    /// Characters, not bytes.
    pub length: u32,
    /// Nothing but white space before the preparation: upstream leaves such documents out.
    pub blank: bool,
}

impl Preparation {
    /// What a code point becomes.
    pub fn map(&self, code: u32) -> u32 {
        match self.plane.get(code as usize) {
            Some(&to) => u32::from(to),
            None => look_up(code),
        }
    }

    /// Appends the prepared text to `out`, which must be empty, and counts its characters. What is no UTF-8 becomes
    /// spaces.
    pub fn prepare(&self, text: &[u8], out: &mut Vec<u8>, frequencies: &mut Frequencies) -> Prepared {
        let mut blank = true;
        // Bytes and characters up to the last one that is no space.
        let (mut end, mut length) = (0, 0);
        let mut spaces = 0;
        let mut all_spaces = 0;
        decode(text, |code| {
            blank = blank && is_space(code);
            let to = self.map(code);
            if to == SPACE {
                if end > 0 {
                    out.push(b' ');
                    spaces += 1;
                }
                return;
            }
            push(to, out);
            frequencies.add(to, 1);
            length += spaces + 1;
            all_spaces += u64::from(spaces);
            spaces = 0;
            end = out.len();
        });
        out.truncate(end);
        frequencies.add(SPACE, all_spaces);
        Prepared { length, blank }
    }
}

fn push(code: u32, out: &mut Vec<u8>) {
    if code < 0x80 {
        out.push(code as u8);
        return;
    }
    let mut bytes = [0; 4];
    let character = char::from_u32(code).unwrap_or(' ');
    out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
}

/// Gives the code points of UTF-8 one by one; a byte that belongs to none counts as one of U+FFFD.
#[inline]
pub fn decode(text: &[u8], mut each: impl FnMut(u32)) {
    for chunk in text.utf8_chunks() {
        let mut rest = chunk.valid().as_bytes();
        while let Some((&first, behind)) = rest.split_first() {
            if first < 0x80 {
                each(u32::from(first));
                rest = behind;
                continue;
            }
            // Well-formed, so that the first byte tells how many follow.
            let (length, bits) = match first {
                0xf0.. => (4, u32::from(first & 0x07)),
                0xe0.. => (3, u32::from(first & 0x0f)),
                _ => (2, u32::from(first & 0x1f)),
            };
            each(rest[1..length].iter().fold(bits, |code, &byte| code << 6 | u32::from(byte & 0x3f)));
            rest = &rest[length..];
        }
        chunk.invalid().iter().for_each(|_| each(0xfffd));
    }
}

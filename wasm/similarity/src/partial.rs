//! Whether a short text is found, nearly, somewhere in a long one: rapidfuzz's `partial_ratio` against a cut-off.
//! Only the decision is made, which lets most places be passed over; it is exact.

use std::cell::RefCell;
use std::collections::HashMap;

/// Of a character of the long text that the short one doesn't have.
const ELSEWHERE: u32 = u32::MAX;

#[derive(Default)]
struct Partial {
    input: Vec<u32>,
    text: Vec<u32>,
}

thread_local! {
    static PARTIAL: RefCell<Partial> = RefCell::default();
}

/// A buffer for so many code points; what was in it before is gone.
#[unsafe(no_mangle)]
pub extern "C" fn partial_input(length: usize) -> *mut u32 {
    PARTIAL.with_borrow_mut(|partial| {
        partial.input.clear();
        partial.input.resize(length, 0);
        partial.input.as_mut_ptr()
    })
}

/// Makes what is in the buffer the text that is searched from now on.
#[unsafe(no_mangle)]
pub extern "C" fn partial_text() {
    PARTIAL.with_borrow_mut(|partial| std::mem::swap(&mut partial.text, &mut partial.input));
}

/// Whether the text in the buffer is in the other one with at least so many per cent.
#[unsafe(no_mangle)]
pub extern "C" fn partial_reaches(cut_off: u32) -> u32 {
    PARTIAL.with_borrow(|partial| u32::from(reaches(&partial.input, &partial.text, cut_off)))
}

/// Whether `partial_ratio(one, other)` is at least `cut_off`, 0 to 100.
pub fn reaches(one: &[u32], other: &[u32], cut_off: u32) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.is_empty() {
        return long.is_empty() || cut_off == 0;
    }
    reaches_in(short, long, cut_off) || (short.len() == long.len() && reaches_in(long, short, cut_off))
}

fn reaches_in(short: &[u32], long: &[u32], cut_off: u32) -> bool {
    let needle = Needle::new(short);
    let text: Vec<u32> = long.iter().map(|point| needle.symbols.get(point).copied().unwrap_or(ELSEWHERE)).collect();
    let size = short.len();
    // The least common subsequence that a window of so many characters needs.
    let need = |window: usize| (cut_off as usize * (size + window)).div_ceil(200).max(1);
    let mut overlap = Overlap::new(&needle);
    let mut matcher = Matcher::new(&needle);

    // What sticks out at the start.
    for end in 1..size {
        overlap.add(text[end - 1]);
        if overlap.common >= need(end) && matcher.common(&text[..end]) >= need(end) {
            return true;
        }
    }
    let needed = need(size);
    let mut next = 0;
    for start in 0..=text.len() - size {
        overlap.add(text[start + size - 1]);
        if start >= next && overlap.common >= needed {
            let common = matcher.common(&text[start..start + size]);
            if common >= needed {
                return true;
            }
            // One place on, at most one character more is in common.
            next = start + (needed - common);
        }
        overlap.remove(text[start]);
    }
    // What sticks out at the end; the first character of the last window is gone already.
    for start in text.len() - size + 1..text.len() {
        let window = text.len() - start;
        if overlap.common >= need(window) && matcher.common(&text[start..]) >= need(window) {
            return true;
        }
        overlap.remove(text[start]);
    }
    false
}

/// The short text: its characters numbered, how often each stands in it, and where (bits, 64 a word).
struct Needle {
    symbols: HashMap<u32, u32>,
    counts: Vec<i32>,
    places: Vec<u64>,
    words: usize,
    size: usize,
}

impl Needle {
    fn new(short: &[u32]) -> Self {
        let words = short.len().div_ceil(64);
        let mut needle = Self { symbols: HashMap::new(), counts: vec![], places: vec![], words, size: short.len() };
        for (place, &point) in short.iter().enumerate() {
            let next = needle.counts.len() as u32;
            let symbol = *needle.symbols.entry(point).or_insert(next);
            if symbol == next {
                needle.counts.push(0);
                needle.places.resize(needle.places.len() + words, 0);
            }
            needle.counts[symbol as usize] += 1;
            needle.places[symbol as usize * words + place / 64] |= 1 << (place % 64);
        }
        needle
    }
}

/// How many characters a window and the short text have in common, whatever their order.
struct Overlap {
    left: Vec<i32>,
    common: usize,
}

impl Overlap {
    fn new(needle: &Needle) -> Self {
        Self { left: needle.counts.clone(), common: 0 }
    }

    fn add(&mut self, symbol: u32) {
        let Some(left) = self.left.get_mut(symbol as usize) else { return };
        self.common += usize::from(*left > 0);
        *left -= 1;
    }

    fn remove(&mut self, symbol: u32) {
        let Some(left) = self.left.get_mut(symbol as usize) else { return };
        *left += 1;
        self.common -= usize::from(*left > 0);
    }
}

/// Longest common subsequences with the short text, bit-parallel (Hyyrö 2004).
struct Matcher<'a> {
    needle: &'a Needle,
    row: Vec<u64>,
}

impl<'a> Matcher<'a> {
    fn new(needle: &'a Needle) -> Self {
        Self { needle, row: vec![0; needle.words] }
    }

    fn common(&mut self, window: &[u32]) -> usize {
        let Needle { places, words, size, .. } = self.needle;
        self.row.fill(u64::MAX);
        for &symbol in window {
            if symbol == ELSEWHERE {
                continue;
            }
            let at = symbol as usize * words;
            let mut carry = false;
            for (word, &mask) in self.row.iter_mut().zip(&places[at..at + words]) {
                let common = *word & mask;
                let (sum, one) = word.overflowing_add(common);
                let (sum, other) = sum.overflowing_add(u64::from(carry));
                carry = one || other;
                *word = sum | (*word - common);
            }
        }
        let beyond = words * 64 - size;
        let unmatched: u32 = self.row.iter().map(|word| word.count_ones()).sum();
        size + beyond - unmatched as usize
    }
}

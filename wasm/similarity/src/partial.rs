//! Whether a short text is found, nearly, somewhere in a long one: rapidfuzz's `partial_ratio` against a cut-off.
//! Only the decision is made, which lets most places be passed over; it is exact.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::{Range, RangeInclusive};

/// Of a character of the long text that the short one doesn't have.
const ELSEWHERE: u32 = u32::MAX;

#[derive(Default)]
struct Partial {
    input: Vec<u32>,
    text: Text,
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
    PARTIAL.with_borrow_mut(|partial| partial.text.set(&partial.input));
}

/// Whether the text in the buffer is in the other one with at least so many per cent.
#[unsafe(no_mangle)]
pub extern "C" fn partial_reaches(cut_off: u32) -> u32 {
    PARTIAL.with_borrow(|partial| u32::from(partial.text.reaches(&partial.input, cut_off)))
}

/// Characters of the pieces whose places are remembered.
const GRAM: usize = 3;
/// Number of lists of places, as a power of two.
const GRAM_BITS: u32 = 14;
const END: u32 = u32::MAX;

/// A text that is searched: its characters numbered, and where its pieces of three characters are.
#[derive(Default)]
pub struct Text {
    points: Vec<u32>,
    /// Each character's number; numbers go up to `kinds`.
    numbers: Vec<u32>,
    kinds: u32,
    number_of: HashMap<u32, u32>,
    /// Of each list of places: the last one, and how many they are.
    lists: Vec<(u32, u32)>,
    /// Of each place the one before it in its list.
    before: Vec<u32>,
}

fn list_of(gram: &[u32]) -> usize {
    let hash = gram.iter().fold(0u32, |hash, &point| hash.wrapping_mul(0x0100_0193).wrapping_add(point));
    (hash.wrapping_mul(0x9e37_79b1) >> (32 - GRAM_BITS)) as usize
}

impl Text {
    /// Takes another text.
    pub fn set(&mut self, points: &[u32]) {
        self.points.clear();
        self.points.extend_from_slice(points);
        self.numbers.clear();
        self.number_of.clear();
        // Most characters are looked up in a table.
        let mut low = vec![u32::MAX; 1 << 11];
        for &point in points {
            let next = self.number_of.len() as u32;
            let number = match low.get(point as usize) {
                Some(&number) if number != u32::MAX => number,
                _ => *self.number_of.entry(point).or_insert(next),
            };
            if let Some(known) = low.get_mut(point as usize) {
                *known = number;
            }
            self.numbers.push(number);
        }
        self.kinds = self.number_of.len() as u32;
        self.lists.clear();
        self.lists.resize(1 << GRAM_BITS, (END, 0));
        self.before.clear();
        for (place, gram) in points.windows(GRAM).enumerate() {
            let (last, count) = &mut self.lists[list_of(gram)];
            self.before.push(*last);
            *last = place as u32;
            *count += 1;
        }
    }

    /// Places where a piece is, the last one first.
    fn places_of<'a>(&'a self, piece: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let rarest = (0..=piece.len() - GRAM).min_by_key(|&at| self.lists[list_of(&piece[at..at + GRAM])].1).unwrap_or(0);
        let mut place = self.lists[list_of(&piece[rarest..rarest + GRAM])].0;
        std::iter::from_fn(move || {
            while place != END {
                let at = place as usize;
                place = self.before[at];
                if at >= rarest && self.points[at - rarest..].starts_with(piece) {
                    return Some(at - rarest);
                }
            }
            None
        })
    }

    /// Whether `partial_ratio` with this text is at least `cut_off`, 0 to 100.
    pub fn reaches(&self, other: &[u32], cut_off: u32) -> bool {
        let (size, length) = (other.len(), self.points.len());
        if size == 0 || length == 0 {
            return size == length || cut_off == 0;
        }
        if size > length {
            // The roles are the other way round: rare, as texts are longer than rules.
            let mut text = Text::default();
            text.set(other);
            return text.holds(&self.points, cut_off);
        }
        if size < length {
            return self.holds(other, cut_off);
        }
        let mut text = Text::default();
        text.set(other);
        self.holds(other, cut_off) || text.holds(&self.points, cut_off)
    }

    /// Whether a window of this text is like a text that is not longer.
    fn holds(&self, short: &[u32], cut_off: u32) -> bool {
        let needle = Needle::new(short);
        let mut symbols = vec![ELSEWHERE; self.kinds as usize];
        for (point, &symbol) in &needle.symbols {
            if let Some(&number) = self.number_of.get(point) {
                symbols[number as usize] = symbol;
            }
        }
        let text = Symbols { numbers: &self.numbers, symbols: &symbols };
        let mut matcher = Matcher::new(&needle);
        if matcher.holds_at_ends(text, cut_off) {
            return true;
        }
        // An alignment leaves some characters of both sides unmatched. Cut into one piece more than these, one piece
        // of the short text is in the long one as it is, and hardly more than these away from its own place there.
        let (size, length) = (short.len(), text.numbers.len());
        let unmatched = (2 * size).saturating_sub(2 * needed(cut_off, size, size));
        let pieces = unmatched + 1;
        if size / pieces < GRAM {
            return matcher.holds_anywhere(text, cut_off);
        }
        (0..pieces).any(|piece| {
            let (from, to) = (piece * size / pieces, (piece + 1) * size / pieces);
            self.places_of(&short[from..to]).any(|place| {
                let first = place.saturating_sub(from + unmatched).min(length - size);
                let last = (place + unmatched).saturating_sub(from).min(length - size);
                matcher.holds_within(text, first..=last, cut_off)
            })
        })
    }
}

/// The least common subsequence of a text and a window that reaches the cut-off.
fn needed(cut_off: u32, size: usize, window: usize) -> usize {
    (cut_off as usize * (size + window)).div_ceil(200).max(1)
}

/// The long text in the symbols of the short one.
#[derive(Clone, Copy)]
struct Symbols<'a> {
    numbers: &'a [u32],
    symbols: &'a [u32],
}

impl Symbols<'_> {
    fn at(self, place: usize) -> u32 {
        self.symbols[self.numbers[place] as usize]
    }
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

    /// Whether a window that sticks out at an end of the text reaches the cut-off.
    fn holds_at_ends(&mut self, text: Symbols, cut_off: u32) -> bool {
        let (size, length) = (self.needle.size, text.numbers.len());
        let mut overlap = Overlap::new(self.needle);
        for end in 1..size {
            overlap.add(text.at(end - 1));
            let least = needed(cut_off, size, end);
            if overlap.common >= least && self.common(text, 0..end) >= least {
                return true;
            }
        }
        let mut overlap = Overlap::new(self.needle);
        for start in (length - size + 1..length).rev() {
            overlap.add(text.at(start));
            let least = needed(cut_off, size, length - start);
            if overlap.common >= least && self.common(text, start..length) >= least {
                return true;
            }
        }
        false
    }

    /// Whether any full window reaches the cut-off.
    fn holds_anywhere(&mut self, text: Symbols, cut_off: u32) -> bool {
        let (size, length) = (self.needle.size, text.numbers.len());
        let least = needed(cut_off, size, size);
        let mut overlap = Overlap::new(self.needle);
        for end in 0..size - 1 {
            overlap.add(text.at(end));
        }
        let mut next = 0;
        for start in 0..=length - size {
            overlap.add(text.at(start + size - 1));
            if start >= next && overlap.common >= least {
                let common = self.common(text, start..start + size);
                if common >= least {
                    return true;
                }
                // One place on, at most one character more is in common.
                next = start + (least - common);
            }
            overlap.remove(text.at(start));
        }
        false
    }

    /// Whether a full window that starts within some places reaches the cut-off.
    fn holds_within(&mut self, text: Symbols, starts: RangeInclusive<usize>, cut_off: u32) -> bool {
        let size = self.needle.size;
        let least = needed(cut_off, size, size);
        let mut start = *starts.start();
        while start <= *starts.end() {
            let common = self.common(text, start..start + size);
            if common >= least {
                return true;
            }
            start += least - common;
        }
        false
    }

    fn common(&mut self, text: Symbols, window: Range<usize>) -> usize {
        let Needle { places, words, size, .. } = self.needle;
        self.row.fill(u64::MAX);
        for place in window {
            let symbol = text.at(place);
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

//! What the TypeScript side calls. Texts come through one buffer and results leave through another; the module
//! runs in one thread and no export calls another.

use crate::alphabet::{Alphabet, Frequencies};
use crate::compare::{Comparer, Counters, Demand, Match, Tile};
use crate::prepare::Preparation;
use crate::ratio::Rule;
use crate::sketch::{BANDS, Sketcher};
use std::cell::RefCell;

#[derive(Default)]
struct Kernel {
    input: Vec<u64>,
    prepared: Vec<u8>,
    preparation: Option<Preparation>,
    frequencies: Option<Frequencies>,
    plan: Vec<u32>,
    sketcher: Option<Sketcher>,
    bands: Vec<u32>,
    comparer: Option<Comparer>,
    matches: Vec<Match>,
    counters: Counters,
}

thread_local! {
    static KERNEL: RefCell<Kernel> = RefCell::default();
}

fn with<T>(work: impl FnOnce(&mut Kernel) -> T) -> T {
    KERNEL.with_borrow_mut(work)
}

impl Kernel {
    fn bytes(&self, length: usize) -> &[u8] {
        // Any bytes are bytes, and the buffer was made for at least as many.
        unsafe { core::slice::from_raw_parts(self.input.as_ptr().cast(), length.min(self.input.len() * 8)) }
    }
}

/// A buffer for so many bytes, aligned to 8; what was in it before is gone.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u64 {
    with(|kernel| {
        let words = length.div_ceil(8);
        kernel.input.clear();
        if kernel.input.capacity() < words {
            // Growing in place would hold the old buffer and the new one.
            kernel.input = Vec::new();
            kernel.input.reserve_exact(words);
        }
        kernel.input.resize(words, 0);
        kernel.input.as_mut_ptr()
    })
}

/// Prepares the text in the input buffer and counts its characters. Returns its number of characters, with the
/// highest bit set where nothing but white space went in.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(length: usize) -> u32 {
    with(|kernel| {
        let mut out = std::mem::take(&mut kernel.prepared);
        out.clear();
        let preparation = kernel.preparation.take().unwrap_or_default();
        let mut frequencies = kernel.frequencies.take().unwrap_or_default();
        let prepared = preparation.prepare(kernel.bytes(length), &mut out, &mut frequencies);
        kernel.frequencies = Some(frequencies);
        kernel.prepared = out;
        kernel.preparation = Some(preparation);
        prepared.length | u32::from(prepared.blank) << 31
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn prepared() -> *const u8 {
    with(|kernel| kernel.prepared.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn prepared_length() -> usize {
    with(|kernel| kernel.prepared.len())
}

/// Makes the alphabet for all texts prepared so far; returns its length in 32-bit words.
#[unsafe(no_mangle)]
pub extern "C" fn plan() -> usize {
    with(|kernel| {
        kernel.plan = kernel.frequencies.take().unwrap_or_default().plan();
        kernel.plan.len()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn planned() -> *const u32 {
    with(|kernel| kernel.plan.as_ptr())
}

/// Counts the shingles of the prepared text in the input buffer, for the approximate search.
#[unsafe(no_mangle)]
pub extern "C" fn count_shingles(length: usize) {
    with(|kernel| {
        let mut sketcher = kernel.sketcher.take().unwrap_or_default();
        sketcher.count(kernel.bytes(length));
        kernel.sketcher = Some(sketcher);
    });
}

/// Sketches the prepared text in the input buffer; returns where its bands are, 32 bits each.
#[unsafe(no_mangle)]
pub extern "C" fn sketch(length: usize) -> *const u32 {
    with(|kernel| {
        let mut sketcher = kernel.sketcher.take().unwrap_or_default();
        kernel.bands = sketcher.sketch(kernel.bytes(length)).to_vec();
        kernel.sketcher = Some(sketcher);
        kernel.bands.as_ptr()
    })
}

/// Number of bands of a sketch.
#[unsafe(no_mangle)]
pub extern "C" fn sketch_bands() -> usize {
    BANDS
}

/// Takes the alphabet of so many words from the input buffer; 0 where it is malformed.
#[unsafe(no_mangle)]
pub extern "C" fn open(length: usize) -> u32 {
    with(|kernel| {
        kernel.comparer = Alphabet::read(&words(kernel.bytes(length * 4))).map(Comparer::new);
        u32::from(kernel.comparer.is_some())
    })
}

/// Compares the block in the input buffer: where each text ends (32 bits each, counted from the start of its
/// tile's bytes), the left tile's texts first, then the bytes of both tiles. With `right` 0 the left tile is
/// compared with itself. Returns the number of matches, or 2³² − 1 where no alphabet is open.
#[unsafe(no_mangle)]
pub extern "C" fn compare(left: usize, right: usize, left_bytes: usize, right_bytes: usize, ratio: f64, cut_off: u32) -> u32 {
    with(|kernel| {
        let Some(mut comparer) = kernel.comparer.take() else { return u32::MAX };
        let mut matches = std::mem::take(&mut kernel.matches);
        matches.clear();
        let bytes = kernel.bytes((left + right) * 4 + left_bytes + right_bytes);
        let (ends, texts) = bytes.split_at((left + right) * 4);
        let ends = words(ends);
        let (left_texts, right_texts) = texts.split_at(left_bytes);
        kernel.counters = comparer.compare(
            Tile { bytes: left_texts, ends: &ends[..left] },
            (right > 0).then(|| Tile { bytes: right_texts, ends: &ends[left..] }),
            Demand { ratio, rule: rule(cut_off) },
            &mut matches,
        );
        let count = matches.len() as u32;
        kernel.matches = matches;
        kernel.comparer = Some(comparer);
        count
    })
}

/// Compares only some pairs of one tile: the input buffer holds where each text ends, then the pairs as two
/// numbers of 32 bits each, sorted by the first, then the bytes of the texts. Returns as [`compare`] does.
#[unsafe(no_mangle)]
pub extern "C" fn compare_pairs(texts: usize, pairs: usize, bytes: usize, ratio: f64, cut_off: u32) -> u32 {
    with(|kernel| {
        let Some(mut comparer) = kernel.comparer.take() else { return u32::MAX };
        let mut matches = std::mem::take(&mut kernel.matches);
        matches.clear();
        let (numbers, bytes) = kernel.bytes((texts + 2 * pairs) * 4 + bytes).split_at((texts + 2 * pairs) * 4);
        let numbers = words(numbers);
        let (ends, pairs) = numbers.split_at(texts);
        let pairs: Vec<(u32, u32)> = pairs.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let demand = Demand { ratio, rule: rule(cut_off) };
        kernel.counters = comparer.compare_pairs(Tile { bytes, ends }, &pairs, demand, &mut matches);
        let count = matches.len() as u32;
        kernel.matches = matches;
        kernel.comparer = Some(comparer);
        count
    })
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
}

fn rule(cut_off: u32) -> Rule {
    if cut_off == 0 { Rule::Compared } else { Rule::CutOff }
}

/// The matches of the last block: left, right and distance, 32 bits each.
#[unsafe(no_mangle)]
pub extern "C" fn matches() -> *const Match {
    with(|kernel| kernel.matches.as_ptr())
}

/// The counters of the last block, 32 bits each, in the order of [`Counters`].
#[unsafe(no_mangle)]
pub extern "C" fn counters() -> *const Counters {
    KERNEL.with_borrow(|kernel| &raw const kernel.counters)
}

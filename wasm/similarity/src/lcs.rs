//! The exact distance, where it is within a budget: Hyyrö's bit-parallel LCS (2004) over a band of columns. An
//! alignment within the budget stays in the band, so a result within the budget is the distance, and any other
//! result means that the distance is greater.

use crate::filter::Band;
use crate::vector::*;

/// Columns of a word. The highest bit of 64 stays free: there a sum leaves its carry.
const WORD: usize = 63;
/// The columns of a word, all of them unmatched.
const UNMATCHED: u64 = u64::MAX >> 1;
/// Rows that pass a word one after the other while it is in a register.
const ROWS: usize = 4;
/// Words that stay in registers meanwhile.
const BLOCK: usize = 2;
/// Rows between two looks at which words are within reach.
const STEP: usize = 16;
/// Bytes of the masks of one text; longer ones are cut into strips.
const MOST_MASK_BYTES: usize = 1 << 20;

/// One text as columns: where each of its characters is.
pub struct Pattern {
    text: Vec<u16>,
    words: usize,
    /// Which row of `masks` belongs to a character; 0 is the row of those that don't occur.
    rows: Vec<u16>,
    known: Vec<u16>,
    masks: Vec<u64>,
}

impl Default for Pattern {
    fn default() -> Self {
        Self { text: Vec::new(), words: 0, rows: vec![0; 1 << 16], known: Vec::new(), masks: Vec::new() }
    }
}

impl Pattern {
    /// Takes another text. False where it is too long for this way: see [`distance_of_long`].
    pub fn set(&mut self, text: &[u16]) -> bool {
        for &character in &self.known {
            self.rows[usize::from(character)] = 0;
        }
        self.known.clear();
        self.text.clear();
        self.text.extend_from_slice(text);
        self.words = text.len().div_ceil(WORD);
        let most = (MOST_MASK_BYTES / 8 / self.words.max(1)).min(usize::from(u16::MAX)).saturating_sub(1);
        for &character in text {
            let row = &mut self.rows[usize::from(character)];
            if *row == 0 {
                if self.known.len() >= most {
                    return false;
                }
                self.known.push(character);
                *row = self.known.len() as u16;
            }
        }
        self.masks.clear();
        self.masks.resize((self.known.len() + 1) * self.words, 0);
        for (column, &character) in text.iter().enumerate() {
            let row = usize::from(self.rows[usize::from(character)]);
            self.masks[row * self.words + column / WORD] |= 1 << (column % WORD);
        }
        true
    }

    /// Distances to two texts: exact where they are within the budgets, otherwise anything greater.
    ///
    /// A cell (rows so far, columns so far) is on an alignment within the budget only if neither the rows nor the
    /// columns left unmatched so far are more than the budget allows in all: so words are taken in and dropped as
    /// the common subsequence grows, in the manner of Ukkonen's cut-off (1985). What the texts have in common at
    /// their ends is matched beforehand.
    pub fn distances(&self, texts: [&[u16]; 2], budgets: [u32; 2], state: &mut Vec<Vector>) -> [u32; 2] {
        let shared = texts.map(|text| common_ends(&self.text, text));
        let head = shared[0].0.min(shared[1].0);
        let tail = shared[0].1.min(shared[1].1);
        let texts = texts.map(|text| &text[..text.len() - tail]);
        let columns = self.text.len() - tail;
        let words = columns.div_ceil(WORD);
        let lengths = texts.map(|text| text.len() as u32);
        if words == 0 {
            return lengths;
        }
        let bands = [0, 1].map(|lane| Band::new(lengths[lane], columns as u32, budgets[lane]));
        state.clear();
        state.resize(words, splat64(UNMATCHED));
        set_matched(state, head);
        let masks = self.masks.as_ptr();
        // A text that has ended goes on with characters that don't occur.
        let mask = |lane: usize, row: usize| -> *const u64 {
            let character = texts[lane].get(row).map_or(0, |&character| self.rows[usize::from(character)]);
            unsafe { masks.add(usize::from(character) * self.words) }
        };
        let (mut low, mut high) = (0, head.div_ceil(WORD));
        // Matches in the words before `low`.
        let mut common = [0u32; 2];
        let mut row = head;
        while row < texts[0].len().max(texts[1].len()) {
            // Dropped for good: too many rows would be unmatched.
            while low < high {
                let upto = add_matches(common, state[low]);
                let reached = |lane: usize| {
                    bands[lane].is_some_and(|band| lengths[lane].min(row as u32) <= upto[lane] + band.before)
                };
                if reached(0) || reached(1) {
                    break;
                }
                common = upto;
                low += 1;
            }
            // Taken in: not too many columns are unmatched, or won't be a few rows on.
            let mut upto = common;
            let mut next = low;
            while next < words {
                let first = (next * WORD) as u32;
                let reached = |lane: usize| {
                    bands[lane].is_some_and(|band| first <= upto[lane] + STEP as u32 + band.behind)
                };
                if !reached(0) && !reached(1) {
                    break;
                }
                upto = add_matches(upto, state[next]);
                next += 1;
            }
            // What is dropped here may come back: it forgets its matches, since it misses what is carried meanwhile.
            if next < high {
                state[next..high].fill(splat64(UNMATCHED));
            }
            high = next;
            if low == high {
                // Neither ends within its budget.
                return [u32::MAX; 2];
            }
            for _ in 0..STEP / ROWS {
                let rows: [[*const u64; 2]; ROWS] =
                    core::array::from_fn(|step| [mask(0, row + step), mask(1, row + step)]);
                let mut carries = [zero(); ROWS];
                let mut word = low;
                while word + BLOCK <= high {
                    unsafe { pass::<BLOCK>(&rows, word, state, &mut carries) };
                    word += BLOCK;
                }
                while word < high {
                    unsafe { pass::<1>(&rows, word, state, &mut carries) };
                    word += 1;
                }
                row += ROWS;
            }
        }
        // Columns of the common tail lie in the last word, too, and count there no more.
        if let (Some(last), true) = (state.last_mut(), high == words) {
            let beyond = words * WORD - columns;
            *last = or(*last, splat64(UNMATCHED & !(UNMATCHED >> beyond)));
        }
        for &word in &state[low..high] {
            common = add_matches(common, word);
        }
        [0, 1].map(|lane| columns as u32 + lengths[lane] - 2 * common[lane])
    }
}

/// How many characters two texts share at their beginnings, and behind that at their ends.
fn common_ends<T: Eq>(one: &[T], other: &[T]) -> (usize, usize) {
    let shorter = one.len().min(other.len());
    let head = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let rest = one.iter().rev().zip(other.iter().rev()).take(shorter - head);
    (head, rest.take_while(|(one, other)| one == other).count())
}

/// Marks the first columns as matched.
fn set_matched(state: &mut [Vector], columns: usize) {
    for (word, state) in state.iter_mut().enumerate().take(columns.div_ceil(WORD)) {
        let left = columns - word * WORD;
        *state = splat64(if left >= WORD { 0 } else { UNMATCHED & (UNMATCHED << left) });
    }
}

/// Matches so far are the zeros of the state.
fn add_matches(common: [u32; 2], word: Vector) -> [u32; 2] {
    let lanes = to_lanes64(word);
    [common[0] + lanes[0].count_zeros() - 1, common[1] + lanes[1].count_zeros() - 1]
}

/// Takes some rows over some words, whose state stays in registers.
///
/// # Safety
/// The words are within the masks and the state.
#[inline(always)]
unsafe fn pass<const WORDS: usize>(
    rows: &[[*const u64; 2]; ROWS],
    word: usize,
    state: &mut [Vector],
    carries: &mut [Vector; ROWS],
) {
    unsafe {
        let state = state.as_mut_ptr().add(word);
        let unmatched = splat64(UNMATCHED);
        let mut old: [Vector; WORDS] = core::array::from_fn(|at| *state.add(at));
        for step in 0..ROWS {
            let (one, other) = (rows[step][0].add(word), rows[step][1].add(word));
            let mut carry = carries[step];
            for at in 0..WORDS {
                let here = load_two(one.add(at), other.add(at));
                let sum = add64(add64(old[at], and(old[at], here)), carry);
                carry = top_bit64(sum);
                old[at] = and(or(sum, and_not(old[at], here)), unmatched);
            }
            carries[step] = carry;
        }
        for at in 0..WORDS {
            *state.add(at) = old[at];
        }
    }
}

/// The words that hold the columns within reach of a row.
fn reach(row: usize, band: Band, words: usize) -> (usize, usize) {
    let low = row.saturating_sub(band.before as usize) / WORD;
    let high = (row + band.behind as usize) / WORD + 1;
    (low.min(words), high.min(words))
}

/// How far apart long texts are first taken to be, and how much further each next time.
const FIRST_BUDGET: u32 = 1 << 10;
const WIDER: u32 = 8;

/// The distance of two texts of any length and alphabet: exact where it is within the budget, otherwise anything
/// greater. Its time grows with the distance, its memory hardly with the texts: bands are tried from a narrow one
/// on, and what the texts have in common at their ends is matched beforehand.
pub fn distance_of_long<T: Copy + Eq + Into<u32>>(rows: &[T], columns: &[T], budget: u32) -> u32 {
    let (head, tail) = common_ends(rows, columns);
    let (rows, columns) = (&rows[head..rows.len() - tail], &columns[head..columns.len() - tail]);
    let mut within = budget.min(FIRST_BUDGET);
    loop {
        let band = Band::new(rows.len() as u32, columns.len() as u32, within);
        let distance = band.map_or(u32::MAX, |band| distance_in_band(rows, columns, band));
        if distance <= within || within == budget {
            return distance;
        }
        within = within.saturating_mul(WIDER).min(budget);
    }
}

/// The distance of two texts within a band. Columns are taken in strips whose masks fit in memory; what a strip
/// carries into the next is kept, a bit a row.
fn distance_in_band<T: Copy + Into<u32>>(rows: &[T], columns: &[T], band: Band) -> u32 {
    let symbol = |character: T| -> u32 { character.into() };
    let most = rows.iter().chain(columns).map(|&character| symbol(character)).max().unwrap_or(0);
    let words = columns.len().div_ceil(WORD);
    // Which row of the masks each character has in the strip at hand; 0 is the row of those that don't occur.
    let mut places = vec![0u32; most as usize + 1];
    let mut carried = vec![0u64; rows.len().div_ceil(64)];
    let mut common = 0;
    let mut start = 0;
    while start < words {
        let (end, present) = strip(columns, start, words, &mut places);
        let width = end - start;
        let mut masks = vec![0u64; (present.len() + 1) * width];
        for (column, &character) in columns.iter().enumerate().take(end * WORD).skip(start * WORD) {
            masks[places[symbol(character) as usize] as usize * width + column / WORD - start] |= 1 << (column % WORD);
        }
        let mut state = vec![UNMATCHED; width];
        let first = (start * WORD).saturating_sub(band.behind as usize).min(rows.len());
        let last = (end * WORD + band.before as usize).min(rows.len());
        for (row, &character) in rows.iter().enumerate().take(last).skip(first) {
            let (low, high) = reach(row, band, words);
            let (low, high) = (low.max(start), high.min(end));
            let bit = 1 << (row % 64);
            // Words before `low` take no more matches and carry nothing.
            let mut carry = u64::from(low == start && carried[row / 64] & bit != 0);
            carried[row / 64] &= !bit;
            if low >= high {
                continue;
            }
            let place = places[symbol(character) as usize] as usize * width;
            let (low, high) = (low - start, high - start);
            for (word, &here) in state[low..high].iter_mut().zip(&masks[place + low..place + high]) {
                let sum = *word + (*word & here) + carry;
                carry = sum >> 63;
                *word = (sum | (*word & !here)) & UNMATCHED;
            }
            if high == width && carry != 0 {
                carried[row / 64] |= bit;
            }
        }
        common += state.iter().map(|word| word.count_zeros() - 1).sum::<u32>();
        for character in present {
            places[character as usize] = 0;
        }
        start = end;
        // More columns are unmatched already than the band stands for.
        if ((start * WORD).min(columns.len()) as u32).saturating_sub(common) > band.behind {
            return u32::MAX;
        }
    }
    rows.len() as u32 + columns.len() as u32 - 2 * common
}

/// The end of the strip that begins at a word, and the characters in it, which get their places.
fn strip<T: Copy + Into<u32>>(columns: &[T], start: usize, words: usize, places: &mut [u32]) -> (usize, Vec<u32>) {
    let mut present: Vec<u32> = Vec::new();
    let mut end = start;
    while end < words {
        let before = present.len();
        for &character in &columns[end * WORD..columns.len().min((end + 1) * WORD)] {
            let character: u32 = character.into();
            if places[character as usize] == 0 {
                present.push(character);
                places[character as usize] = present.len() as u32;
            }
        }
        if end > start && (present.len() + 1) * (end + 1 - start) * 8 > MOST_MASK_BYTES {
            for character in present.drain(before..) {
                places[character as usize] = 0;
            }
            break;
        }
        end += 1;
    }
    (end, present)
}

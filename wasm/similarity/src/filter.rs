//! The cheap bounds on the distance of two texts, for one text against eight at a time. None of them ever loses
//! a pair: each adds up what no alignment within the budget can avoid.
//!
//! Histogram: characters that one text has more often than the other are unmatched.
//! Classes: the characters of one class matched in an alignment are a common subsequence of the two texts
//! restricted to that class, so the distances of the restricted texts add up to at most the distance. For the
//! classes not yet looked at their histogram stands in. And an alignment within the budget never pairs
//! characters whose positions lie further apart than the budget allows, so only a band is computed:
//! Hyyrö's bit-parallel LCS (2004), words of 16 columns, eight texts in the lanes.

use crate::alphabet::{Alphabet, BUCKETS};
use crate::vector::*;

/// Texts that are compared at once.
pub const LANES: usize = 8;
/// Columns of a word.
const WORD: usize = 16;

/// One text, ready to be compared with groups.
pub struct Query {
    pub length: u32,
    histogram: [u16; BUCKETS],
    /// Characters of each class: position in the text, and which of the class it is.
    rows: Vec<Vec<Row>>,
}

#[derive(Clone, Copy)]
struct Row {
    position: u32,
    symbol: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self { length: 0, histogram: [0; BUCKETS], rows: Vec::new() }
    }
}

impl Query {
    /// Takes another text. `with_rows` is false where only the histogram is wanted.
    pub fn set(&mut self, buckets: &[u8], alphabet: &Alphabet, class_of: &[u8], with_rows: bool) {
        self.length = buckets.len() as u32;
        self.histogram = [0; BUCKETS];
        self.rows.resize_with(alphabet.ends.len(), Vec::new);
        self.rows.iter_mut().for_each(Vec::clear);
        for &bucket in buckets {
            let count = &mut self.histogram[usize::from(bucket)];
            *count = count.saturating_add(1);
        }
        if !with_rows {
            return;
        }
        for (position, &bucket) in buckets.iter().enumerate() {
            let class = usize::from(class_of[usize::from(bucket)]);
            let first = if class == 0 { 0 } else { alphabet.ends[class - 1] };
            let symbol = (usize::from(bucket) - first) as u32;
            self.rows[class].push(Row { position: position as u32, symbol });
        }
    }
}

/// The columns of one class in eight texts.
struct Columns {
    /// Words of each text.
    words: usize,
    /// `[symbol][word]`, a text a lane: which columns hold the symbol.
    masks: Vec<Vector>,
    /// Of each word, over all lanes: position of the first column and of the last one.
    first: Vec<u32>,
    last: Vec<u32>,
    /// Columns of each text.
    lengths: [u32; LANES],
}

/// Up to eight texts that are much alike.
pub struct Group {
    pub lengths: [u32; LANES],
    histogram: [Vector; BUCKETS],
    classes: Vec<Columns>,
}

/// Puts texts together that are much alike, so that a group is kept out as a whole or not at all.
pub fn alike(texts: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let histograms: Vec<[Vector; BUCKETS / LANES]> = texts
        .iter()
        .map(|text| {
            let mut counts = [0u16; BUCKETS];
            for &bucket in text {
                counts[usize::from(bucket)] = counts[usize::from(bucket)].saturating_add(1);
            }
            // Vectors of eight 16-bit integers lie in memory one after the other.
            unsafe { core::mem::transmute(counts) }
        })
        .collect();
    let difference = |one: usize, other: usize| -> u32 {
        let mut sum = zero();
        for (&one, &other) in histograms[one].iter().zip(&histograms[other]) {
            sum = add_saturating16(sum, or(sub_saturating16(one, other), sub_saturating16(other, one)));
        }
        to_lanes16(sum).into_iter().map(u32::from).sum()
    };
    let mut left: Vec<usize> = (0..texts.len()).collect();
    let mut groups = Vec::with_capacity(texts.len().div_ceil(LANES));
    while let Some(&first) = left.first() {
        let count = left.len().min(LANES);
        left.sort_by_cached_key(|&other| if other == first { 0 } else { difference(first, other) + 1 });
        let mut group: Vec<usize> = left.drain(..count).collect();
        group.sort_unstable();
        left.sort_unstable();
        groups.push(group);
    }
    groups
}

impl Group {
    /// Up to eight texts as buckets. `with_classes` is false where only the histogram is wanted.
    pub fn new(texts: &[&[u8]], alphabet: &Alphabet, class_of: &[u8], with_classes: bool) -> Self {
        let mut histogram = [[0u16; LANES]; BUCKETS];
        let mut lengths = [0; LANES];
        for (lane, text) in texts.iter().enumerate() {
            lengths[lane] = text.len() as u32;
            for &bucket in *text {
                let count = &mut histogram[usize::from(bucket)][lane];
                *count = count.saturating_add(1);
            }
        }
        let classes = if with_classes { columns(texts, alphabet, class_of) } else { Vec::new() };
        let histogram = histogram.map(|lanes| unsafe { core::mem::transmute::<[u16; LANES], Vector>(lanes) });
        Self { lengths, histogram, classes }
    }
}

fn columns(texts: &[&[u8]], alphabet: &Alphabet, class_of: &[u8]) -> Vec<Columns> {
    let count = alphabet.ends.len();
    let mut lengths = vec![[0u32; LANES]; count];
    for (lane, text) in texts.iter().enumerate() {
        for &bucket in *text {
            lengths[usize::from(class_of[usize::from(bucket)])][lane] += 1;
        }
    }
    let mut classes: Vec<Columns> = (0..count)
        .map(|class| {
            let symbols = alphabet.ends[class] - if class == 0 { 0 } else { alphabet.ends[class - 1] };
            let longest = lengths[class].iter().max().copied().unwrap_or(0) as usize;
            let words = longest.div_ceil(WORD);
            Columns {
                words,
                masks: vec![zero(); symbols * words],
                first: vec![u32::MAX; words],
                last: vec![0; words],
                lengths: lengths[class],
            }
        })
        .collect();
    let mut index = vec![0usize; count];
    for (lane, text) in texts.iter().enumerate() {
        index.fill(0);
        for (position, &bucket) in text.iter().enumerate() {
            let class = usize::from(class_of[usize::from(bucket)]);
            let start = if class == 0 { 0 } else { alphabet.ends[class - 1] };
            let symbol = usize::from(bucket) - start;
            let column = index[class];
            index[class] += 1;
            let words = &mut classes[class];
            let word = column / WORD;
            words.first[word] = words.first[word].min(position as u32);
            words.last[word] = words.last[word].max(position as u32);
            let mask = &mut words.masks[symbol * words.words + word];
            // The lanes of a vector lie in memory as eight 16-bit integers.
            unsafe { *(mask as *mut Vector).cast::<u16>().add(lane) |= 1 << (column % WORD) };
        }
    }
    classes
}

/// How far apart the positions of two matched characters may be.
#[derive(Clone, Copy)]
pub struct Band {
    /// The column may lie so far before the row.
    pub before: u32,
    /// The column may lie so far behind the row.
    pub behind: u32,
}

impl Band {
    /// For texts of some lengths within a distance; None where their lengths alone are further apart.
    pub fn new(rows: u32, columns: u32, distance: u32) -> Option<Self> {
        // A row without a column shifts the positions one way, a column without a row the other.
        let before = (distance + rows).checked_sub(columns)? / 2;
        let behind = (distance + columns).checked_sub(rows)? / 2;
        Some(Self { before, behind })
    }

    /// What holds for either.
    pub fn union(self, other: Self) -> Self {
        Self { before: self.before.max(other.before), behind: self.behind.max(other.behind) }
    }
}

/// The lanes of a mask.
pub fn lanes_of(mask: u8) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |&lane| mask & (1 << lane) != 0)
}

/// What the filters found out about eight pairs.
pub struct Bounds {
    /// No distance is below it.
    pub least: [u32; LANES],
    /// Lanes whose bound passed the budget by the histogram alone, and by the classes.
    pub by_histogram: u8,
    pub by_classes: u8,
}

/// Bounds the distances of a query and a group.
///
/// `budgets` are the greatest distances wanted. Lanes that are not in `wanted` are not looked at; the lengths of
/// the others must not differ by more than their budget. Without `with_classes` the histogram is all.
pub fn bound(
    query: &Query,
    group: &Group,
    budgets: &[u32; LANES],
    wanted: u8,
    ends: &[usize],
    with_classes: bool,
    scratch: &mut Vec<Vector>,
) -> Bounds {
    // What the histogram says of each class, and of all of them.
    let mut by_class = [[0u32; LANES]; BUCKETS];
    let mut least = [0u32; LANES];
    let mut start = 0;
    for (class, &end) in ends.iter().enumerate() {
        let mut sum = zero();
        for bucket in start..end {
            let ours = splat16(query.histogram[bucket]);
            let theirs = group.histogram[bucket];
            sum = add_saturating16(sum, or(sub_saturating16(ours, theirs), sub_saturating16(theirs, ours)));
        }
        let lanes = to_lanes16(sum);
        for lane in 0..LANES {
            by_class[class][lane] = u32::from(lanes[lane]);
            least[lane] += u32::from(lanes[lane]);
        }
        start = end;
    }
    let passed = |least: &[u32; LANES]| {
        lanes_of(wanted).filter(|&lane| least[lane] > budgets[lane]).fold(0u8, |mask, lane| mask | 1 << lane)
    };
    let by_histogram = passed(&least);
    let mut out = by_histogram;
    let Some(band) = lanes_of(wanted & !out)
        .filter_map(|lane| Band::new(query.length, group.lengths[lane], budgets[lane]))
        .reduce(Band::union)
    else {
        return Bounds { least, by_histogram, by_classes: 0 };
    };
    for (class, columns) in group.classes.iter().enumerate() {
        if out == wanted || !with_classes {
            break;
        }
        let rows = &query.rows[class];
        // What the other classes leave of the budget bounds how far this one's alignment can wander.
        let own = lanes_of(wanted & !out)
            .filter_map(|lane| {
                let rest = budgets[lane] + by_class[class][lane] - least[lane];
                Band::new(rows.len() as u32, columns.lengths[lane], rest)
            })
            .reduce(Band::union);
        let Some(own) = own else { break };
        let matched = common(rows, columns, band, own, scratch);
        for lane in 0..LANES {
            let distance = rows.len() as u32 + columns.lengths[lane] - 2 * matched[lane];
            // Saturated or not, the histogram's part is never above the class's own distance.
            least[lane] = least[lane] - by_class[class][lane] + distance;
        }
        out |= passed(&least);
    }
    Bounds { least, by_histogram, by_classes: out & !by_histogram }
}

/// Lengths of the longest common subsequences within two bands: one of positions in the texts, one of indices in
/// the class.
fn common(rows: &[Row], columns: &Columns, band: Band, own: Band, state: &mut Vec<Vector>) -> [u32; LANES] {
    let words = columns.words;
    state.clear();
    state.resize(words, ones());
    // Words low..high are within reach of the row at hand. Those before are final: they take no more matches.
    let (mut low, mut high) = (0, 0);
    let (before, behind) = (own.before as usize, own.behind as usize);
    let mut at = 0;
    while at < rows.len() {
        let position = rows[at].position;
        while high < words && columns.first[high] <= position.saturating_add(band.behind) && high * WORD <= at + behind {
            high += 1;
        }
        while low < high
            && (columns.last[low].saturating_add(band.before) < position || low * WORD + WORD - 1 + before < at)
        {
            low += 1;
        }
        // The first row for which another word is within reach, or the lowest one no more.
        let mut end = rows.len();
        let mut until = u32::MAX;
        if low < high {
            until = columns.last[low].saturating_add(band.before).saturating_add(1);
            end = end.min(low * WORD + WORD + before);
        }
        if high < words {
            let entering = columns.first[high].saturating_sub(band.behind);
            let index = (high * WORD).saturating_sub(behind);
            // Both have to let it in: the later one counts.
            if entering <= position {
                end = end.min(index);
            } else {
                until = until.min(entering);
            }
        }
        let rows = &rows[..end];
        at = match high - low {
            0 => skip(rows, at, until).max(at + 1),
            1 => run::<1>(rows, at, until, columns, low, state),
            2 => run::<2>(rows, at, until, columns, low, state),
            3 => run::<3>(rows, at, until, columns, low, state),
            4 => run::<4>(rows, at, until, columns, low, state),
            5 => run::<5>(rows, at, until, columns, low, state),
            6 => run::<6>(rows, at, until, columns, low, state),
            7 => run::<7>(rows, at, until, columns, low, state),
            8 => run::<8>(rows, at, until, columns, low, state),
            9 => run::<9>(rows, at, until, columns, low, state),
            10 => run::<10>(rows, at, until, columns, low, state),
            _ => run_wide(rows, at, until, columns, low..high, state),
        };
    }
    let mut counts = [0u32; LANES];
    for &word in &state[..high] {
        let matched = to_lanes16(ones_count16(and_not(ones(), word)));
        for lane in 0..LANES {
            counts[lane] += u32::from(matched[lane]);
        }
    }
    counts
}

fn skip(rows: &[Row], at: usize, until: u32) -> usize {
    at + rows[at..].partition_point(|row| row.position < until)
}

/// Rows up to a position over `WORDS` words, whose state stays in registers.
#[inline(always)]
fn run<const WORDS: usize>(
    rows: &[Row],
    at: usize,
    until: u32,
    columns: &Columns,
    low: usize,
    state: &mut [Vector],
) -> usize {
    let stride = columns.words;
    let masks = columns.masks[low..].as_ptr();
    let mut words: [Vector; WORDS] = core::array::from_fn(|word| state[low + word]);
    let mut next = at;
    while next < rows.len() && rows[next].position < until {
        // A symbol is below the number of symbols that `masks` was made for.
        let mask = unsafe { masks.add(rows[next].symbol as usize * stride) };
        let mut carry = zero();
        for word in 0..WORDS {
            let here = unsafe { *mask.add(word) };
            let old = words[word];
            let hit = and(old, here);
            let mut sum = add16(old, hit);
            if word > 0 {
                sum = add16(sum, carry);
            }
            if word + 1 < WORDS {
                carry = top_bit16(or(hit, and_not(old, sum)));
            }
            words[word] = or(sum, and_not(old, here));
        }
        next += 1;
    }
    state[low..low + WORDS].copy_from_slice(&words);
    next
}

/// The same for any number of words.
fn run_wide(
    rows: &[Row],
    at: usize,
    until: u32,
    columns: &Columns,
    range: core::ops::Range<usize>,
    state: &mut [Vector],
) -> usize {
    let mut next = at;
    while next < rows.len() && rows[next].position < until {
        let start = rows[next].symbol as usize * columns.words;
        let masks = &columns.masks[start + range.start..start + range.end];
        let mut carry = zero();
        for (&here, word) in masks.iter().zip(&mut state[range.clone()]) {
            let old = *word;
            let hit = and(old, here);
            let sum = add16(add16(old, hit), carry);
            carry = top_bit16(or(hit, and_not(old, sum)));
            *word = or(sum, and_not(old, here));
        }
        next += 1;
    }
    next
}

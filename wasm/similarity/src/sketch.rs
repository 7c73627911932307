//! Sketches for the approximate search: MinHash by one permutation (Li, Owen, Zhang 2012) with empty bins filled
//! from the next one (Shrivastava, Li 2014). Texts that share a band are candidates; all others are never
//! compared, so near-duplicates may be missed.
//!
//! Two kinds of bands: few values over rare shingles find the same letter read twice; more values over all
//! shingles find documents of one template, whose rare shingles differ.

/// Bytes of a shingle.
const RARE_SHINGLE: usize = 5;
const ANY_SHINGLE: usize = 6;
/// Bands and values in each of them.
const RARE_BANDS: usize = 48;
const RARE_ROWS: usize = 3;
const ANY_BANDS: usize = 24;
const ANY_ROWS: usize = 5;
/// Bands of a sketch.
pub const BANDS: usize = RARE_BANDS + ANY_BANDS;
/// Counters of shingles; some share one.
const COUNTERS: usize = 1 << 20;
/// A shingle is rare where it occurs at most so often a document.
const RARE: f64 = 0.1;

/// Makes sketches; first all texts are counted, then sketched.
pub struct Sketcher {
    counts: Vec<u32>,
    texts: u32,
    plain: Vec<u8>,
}

impl Default for Sketcher {
    fn default() -> Self {
        Self { counts: vec![0; COUNTERS], texts: 0, plain: Vec::new() }
    }
}

/// splitmix64
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn shingles(text: &[u8], size: usize) -> impl Iterator<Item = u64> + '_ {
    // A text shorter than a shingle is one.
    text.windows(size.min(text.len()).max(1)).map(|window| {
        mix(window.iter().fold(window.len() as u64, |value, &byte| value << 8 | u64::from(byte)))
    })
}

impl Sketcher {
    fn set(&mut self, text: &[u8]) {
        self.plain.clear();
        for &byte in text {
            if byte != b' ' || self.plain.last() != Some(&b' ') {
                self.plain.push(byte);
            }
        }
    }

    /// Counts the shingles of a prepared text.
    pub fn count(&mut self, text: &[u8]) {
        self.set(text);
        self.texts += 1;
        for shingle in shingles(&self.plain, RARE_SHINGLE) {
            let count = &mut self.counts[shingle as usize % COUNTERS];
            *count = count.saturating_add(1);
        }
    }

    /// The bands of a prepared text, after all were counted.
    pub fn sketch(&mut self, text: &[u8]) -> [u32; BANDS] {
        self.set(text);
        let most = (f64::from(self.texts) * RARE).max(2.0) as u32;
        let rare = shingles(&self.plain, RARE_SHINGLE)
            .filter(|&shingle| self.counts[shingle as usize % COUNTERS] <= most);
        let mut rare_bins = [u32::MAX; RARE_BANDS * RARE_ROWS];
        fill(&mut rare_bins, rare);
        let mut any_bins = [u32::MAX; ANY_BANDS * ANY_ROWS];
        fill(&mut any_bins, shingles(&self.plain, ANY_SHINGLE));
        let mut bands = [0; BANDS];
        let all = rare_bins.chunks_exact(RARE_ROWS).chain(any_bins.chunks_exact(ANY_ROWS));
        for (band, bins) in bands.iter_mut().zip(all) {
            *band = bins.iter().fold(0, |value: u64, &bin| mix(value << 1 ^ u64::from(bin))) as u32;
        }
        bands
    }
}

/// The least value of each bin.
fn fill(bins: &mut [u32], values: impl Iterator<Item = u64>) {
    for value in values {
        let bin = &mut bins[(value >> 40) as usize % bins.len()];
        *bin = (*bin).min(value as u32);
    }
    // Empty bins take the value of the next one that is not, and how far away it was.
    let count = bins.len();
    let known = bins.to_vec();
    for at in 0..count {
        let next = (0..count).find(|step| known[(at + step) % count] != u32::MAX);
        if let Some(step) = next {
            bins[at] = known[(at + step) % count].wrapping_add((step as u32).wrapping_mul(0x9e37_79b1));
        }
    }
}

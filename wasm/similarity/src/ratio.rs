//! The Indel ratio of rapidfuzz, in its own steps of floating point: which distance still passes a cut-off is
//! decided by the same operations, so that no pair on the edge differs.

/// How upstream compares a ratio with the one asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// 2.20: `fuzz.ratio(a, b) >= ratio`.
    Compared,
    /// 3.0: `fuzz.ratio(a, b, score_cutoff=ratio) >= ratio`; what is below the cut-off scores 0.
    CutOff,
}

/// `fuzz.ratio` of two texts, 0–100. `total` is the sum of their lengths.
pub fn score(distance: u32, total: u32) -> f64 {
    (1.0 - normalized(distance, total)) * 100.0
}

fn normalized(distance: u32, total: u32) -> f64 {
    if total == 0 { 0.0 } else { f64::from(distance) / f64::from(total) }
}

/// Whether two texts match.
pub fn passes(distance: u32, total: u32, ratio: f64, rule: Rule) -> bool {
    match rule {
        Rule::Compared => score(distance, total) >= ratio,
        Rule::CutOff => {
            // rapidfuzz-cpp: fuzz.ratio hands its cut-off down as a similarity of 0–1, which then becomes a
            // distance with 1e-5 to spare and is compared once more.
            let cutoff = ratio / 100.0;
            let spare = f64::min(1.0 - cutoff + 0.00001, 1.0);
            let distance_ratio = normalized(distance, total);
            let similarity = if distance_ratio <= spare { 1.0 - distance_ratio } else { 0.0 };
            let kept = if similarity >= cutoff { similarity } else { 0.0 };
            kept * 100.0 >= ratio
        }
    }
}

/// The greatest distance that still passes, or None where nothing does.
pub fn budget(total: u32, ratio: f64, rule: Rule) -> Option<u32> {
    let guess = (f64::from(total) * (1.0 - ratio / 100.0)).ceil().max(0.0) as u32;
    // The guess is off by rounding only; two steps are room enough, and the loop makes sure.
    let mut distance = guess.saturating_add(2).min(total);
    loop {
        if passes(distance, total, ratio, rule) {
            return Some(distance);
        }
        distance = distance.checked_sub(1)?;
    }
}

/// [`budget`], remembered: the same sums of lengths come again and again.
pub struct Budgets {
    ratio: f64,
    rule: Rule,
    /// 0: not asked yet, 1: nothing passes, else the distance + 2.
    known: Vec<u32>,
}

/// Sums of lengths that are remembered.
const REMEMBERED: usize = 1 << 15;

impl Budgets {
    pub fn new(ratio: f64, rule: Rule) -> Self {
        Self { ratio, rule, known: Vec::new() }
    }

    /// The greatest distance that still passes, or None where nothing does.
    #[inline]
    pub fn of(&mut self, total: u32) -> Option<u32> {
        match self.known.get(total as usize) {
            Some(&known) if known > 0 => known.checked_sub(2),
            _ => self.compute(total),
        }
    }

    fn compute(&mut self, total: u32) -> Option<u32> {
        let found = budget(total, self.ratio, self.rule);
        if (total as usize) < REMEMBERED {
            self.known.resize(REMEMBERED, 0);
            self.known[total as usize] = found.map_or(1, |distance| distance + 2);
        }
        found
    }
}

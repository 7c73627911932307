//! One block of pairs: the texts of one tile against those of another, or of a tile among themselves.

use crate::alphabet::Alphabet;
use crate::filter::{Group, LANES, Query, alike, bound, lanes_of};
use crate::lcs::{Pattern, distance_of_long};
use crate::prepare::decode;
use crate::ratio::{Budgets, Rule};
use crate::vector::Vector;

/// Texts longer than this pass the histogram only: their classes would need too much memory.
const LONGEST_IN_CLASSES: usize = 400_000;
/// Code points that no prepared text holds (surrogates and private use) stand for those beyond the first plane.
const STANDINS: core::ops::Range<u32> = 0xd800..0xf900;
/// Below this share of the texts' lengths the classes can't keep many pairs out.
const LEAST_RATIO_FOR_CLASSES: f64 = 55.0;

/// A pair that matches: which text of each tile, and their distance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Match {
    pub left: u32,
    pub right: u32,
    pub distance: u32,
}

/// How many pairs went which way.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Counters {
    pub pairs: u32,
    /// Pairs that a filter kept out.
    pub by_length: u32,
    pub by_histogram: u32,
    pub by_classes: u32,
    /// Pairs whose distance was computed and is too great, and those that match.
    pub by_distance: u32,
    pub matched: u32,
}

/// Texts as the kernel holds them.
#[derive(Default)]
struct Texts {
    /// Characters, with stand-ins; see [`STANDINS`].
    characters: Vec<u16>,
    /// Where each text ends in them.
    ends: Vec<usize>,
}

impl Texts {
    fn range(&self, at: usize) -> core::ops::Range<usize> {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        start..self.ends[at]
    }
    fn characters(&self, at: usize) -> &[u16] {
        &self.characters[self.range(at)]
    }
    fn buckets(&self, at: usize, alphabet: &Alphabet) -> Vec<u8> {
        self.characters(at).iter().map(|&character| alphabet.bucket(character)).collect()
    }
    fn length(&self, at: usize) -> u32 {
        self.range(at).len() as u32
    }
}

/// What a block is compared by.
#[derive(Clone, Copy)]
pub struct Demand {
    pub ratio: f64,
    pub rule: Rule,
}

/// The kernel's memory between blocks.
pub struct Comparer {
    alphabet: Alphabet,
    class_of: Vec<u8>,
    left: Texts,
    right: Texts,
    query: Query,
    pattern: Pattern,
    lanes: Vec<Vector>,
    columns: Vec<Vector>,
    classes_help: Help,
    /// How much more than the filters' bound a distance is, most of the time.
    excess: f32,
    beyond: std::collections::HashMap<u32, u16>,
    /// Too many characters beyond the first plane for stand-ins: exact distances need the texts themselves.
    wide: bool,
}

/// Texts of a tile: UTF-8, prepared, and where each of them ends.
#[derive(Clone, Copy)]
pub struct Tile<'a> {
    pub bytes: &'a [u8],
    pub ends: &'a [u32],
}

impl<'a> Tile<'a> {
    fn text(&self, at: usize) -> &'a [u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.bytes[start..self.ends[at] as usize]
    }
}

/// A group and which texts are in its lanes, in ascending order.
struct Members {
    group: Group,
    members: Vec<usize>,
}

/// Whether the classes are worth their time: where nearly all pairs pass them, as with documents of one template,
/// they are asked only now and then.
#[derive(Default)]
struct Help {
    asked: u32,
    kept_out: u32,
    skipped: u32,
}

impl Help {
    fn worthwhile(&mut self) -> bool {
        if self.asked < 256 || self.kept_out * 4 > self.asked || self.skipped >= 15 {
            self.skipped = 0;
            return true;
        }
        self.skipped += 1;
        false
    }

    fn count(&mut self, asked: u32, kept_out: u32) {
        self.asked += asked;
        self.kept_out += kept_out;
        if self.asked > 4096 {
            self.asked /= 2;
            self.kept_out /= 2;
        }
    }
}

/// Pairs of one text that passed the filters.
struct Survivor {
    right: usize,
    budget: u32,
    /// No distance is below it.
    least: u32,
}

impl Comparer {
    pub fn new(alphabet: Alphabet) -> Self {
        let class_of = alphabet.class_of_bucket();
        Self {
            alphabet,
            class_of,
            left: Texts::default(),
            right: Texts::default(),
            query: Query::default(),
            pattern: Pattern::default(),
            lanes: Vec::new(),
            columns: Vec::new(),
            classes_help: Help::default(),
            excess: 1.1,
            beyond: Default::default(),
            wide: false,
        }
    }

    fn load(&mut self, tile: Tile, right: bool) {
        let mut texts = std::mem::take(if right { &mut self.right } else { &mut self.left });
        texts.characters.clear();
        // No more than is needed: each of up to a million characters would be kept twice otherwise.
        texts.characters.reserve_exact(tile.bytes.len());
        texts.ends.clear();
        for at in 0..tile.ends.len() {
            decode(tile.text(at), |code| {
                texts.characters.push(if code < 0x10000 { code as u16 } else { self.stand_in(code) });
            });
            texts.ends.push(texts.characters.len());
        }
        *(if right { &mut self.right } else { &mut self.left }) = texts;
    }

    fn stand_in(&mut self, code: u32) -> u16 {
        let next = STANDINS.start + self.beyond.len() as u32;
        match self.beyond.get(&code) {
            Some(&known) => known,
            None if next < STANDINS.end => {
                self.beyond.insert(code, next as u16);
                next as u16
            }
            None => {
                self.wide = true;
                STANDINS.start as u16
            }
        }
    }

    /// Compares every text of one tile with every text of the other, or with `right` absent each pair of one
    /// tile. Matches are appended.
    pub fn compare(&mut self, left: Tile, right: Option<Tile>, demand: Demand, matches: &mut Vec<Match>) -> Counters {
        self.beyond.clear();
        self.wide = false;
        let mut counters = Counters::default();
        self.load(right.unwrap_or(left), true);
        if right.is_some() {
            self.load(left, false);
        }
        let same = right.is_none();
        let right_tile = right.unwrap_or(left);
        let columns = std::mem::take(&mut self.right);
        let queries = if same { None } else { Some(std::mem::take(&mut self.left)) };
        let rows = queries.as_ref().unwrap_or(&columns);
        let in_classes = demand.ratio >= LEAST_RATIO_FOR_CLASSES;
        let fits = |texts: &Texts, at: usize| in_classes && texts.range(at).len() <= LONGEST_IN_CLASSES;

        let buckets: Vec<Vec<u8>> = (0..columns.ends.len()).map(|at| columns.buckets(at, &self.alphabet)).collect();
        let groups: Vec<Members> = alike(&buckets)
            .into_iter()
            .map(|members| {
                let texts: Vec<&[u8]> = members.iter().map(|&at| buckets[at].as_slice()).collect();
                let fit = members.iter().all(|&at| fits(&columns, at));
                Members { group: Group::new(&texts, &self.alphabet, &self.class_of, fit), members }
            })
            .collect();
        drop(buckets);
        let mut budgets = Budgets::new(demand.ratio, demand.rule);
        self.classes_help = Help::default();

        let mut survivors = Vec::new();
        let mut query = std::mem::take(&mut self.query);
        for at in 0..rows.ends.len() {
            let with_rows = fits(rows, at);
            query.set(&rows.buckets(at, &self.alphabet), &self.alphabet, &self.class_of, with_rows);
            survivors.clear();
            for group in &groups {
                // Of one tile with itself, only the pairs behind the diagonal.
                let first = if same { group.members.partition_point(|&member| member <= at) } else { 0 };
                self.filter(&query, group, first, &mut budgets, with_rows, &mut counters, &mut survivors);
            }
            if !survivors.is_empty() {
                let texts = Pairing { rows, columns: &columns, left, right: right_tile };
                self.measure(at, &texts, demand, &survivors, &mut counters, matches);
            }
        }
        self.query = query;
        self.right = columns;
        if let Some(queries) = queries {
            self.left = queries;
        }
        counters
    }

    /// Compares some pairs of one tile, sorted by their left text. Too few to be filtered together, they only pass
    /// by their lengths.
    pub fn compare_pairs(
        &mut self,
        tile: Tile,
        pairs: &[(u32, u32)],
        demand: Demand,
        matches: &mut Vec<Match>,
    ) -> Counters {
        self.beyond.clear();
        self.wide = false;
        let mut counters = Counters::default();
        self.load(tile, true);
        let texts = std::mem::take(&mut self.right);
        let mut budgets = Budgets::new(demand.ratio, demand.rule);
        for pairs in pairs.chunk_by(|one, other| one.0 == other.0) {
            let at = pairs[0].0 as usize;
            let mut survivors = Vec::new();
            for &(_, right) in pairs {
                let (length, other) = (texts.length(at), texts.length(right as usize));
                let budget = budgets.of(length + other).filter(|&budget| length.abs_diff(other) <= budget);
                match budget {
                    Some(budget) => survivors.push(Survivor { right: right as usize, budget, least: budget }),
                    None => counters.by_length += 1,
                }
            }
            counters.pairs += pairs.len() as u32;
            if !survivors.is_empty() {
                let pairing = Pairing { rows: &texts, columns: &texts, left: tile, right: tile };
                self.measure(at, &pairing, demand, &survivors, &mut counters, matches);
            }
        }
        self.right = texts;
        counters
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `compare`, called once")]
    fn filter(
        &mut self,
        query: &Query,
        Members { group, members }: &Members,
        first: usize,
        budgets: &mut Budgets,
        with_rows: bool,
        counters: &mut Counters,
        survivors: &mut Vec<Survivor>,
    ) {
        let mut most = [0; LANES];
        let mut wanted = 0u8;
        for lane in first..members.len() {
            let length = group.lengths[lane];
            let Some(budget) = budgets.of(query.length + length) else { continue };
            if query.length.abs_diff(length) <= budget {
                wanted |= 1 << lane;
                most[lane] = budget;
            }
        }
        counters.pairs += (members.len() - first) as u32;
        counters.by_length += (members.len() - first) as u32 - wanted.count_ones();
        if wanted == 0 {
            return;
        }
        let with_classes = with_rows && self.classes_help.worthwhile();
        let bounds =
            bound(query, group, &most, wanted, &self.alphabet.ends, with_classes, &mut self.lanes);
        counters.by_histogram += bounds.by_histogram.count_ones();
        counters.by_classes += bounds.by_classes.count_ones();
        let left = wanted & !bounds.by_histogram;
        if with_classes && left != 0 {
            self.classes_help.count(left.count_ones(), bounds.by_classes.count_ones());
        }
        for lane in lanes_of(left & !bounds.by_classes) {
            survivors.push(Survivor { right: members[lane], budget: most[lane], least: bounds.least[lane] });
        }
    }

    /// Computes the distances of one text to those that passed the filters.
    fn measure(
        &mut self,
        at: usize,
        texts: &Pairing,
        demand: Demand,
        survivors: &[Survivor],
        counters: &mut Counters,
        matches: &mut Vec<Match>,
    ) {
        let query = texts.rows.characters(at);
        let mut found = vec![None; survivors.len()];
        if self.wide || !self.pattern.set(query) {
            for (found, survivor) in found.iter_mut().zip(survivors) {
                let distance = self.long_distance(at, texts, survivor);
                *found = (distance <= survivor.budget).then_some(distance);
            }
        } else {
            self.measure_in_pairs(texts.columns, survivors, &mut found);
        }
        for (found, survivor) in found.iter().zip(survivors) {
            let Some(distance) = *found else {
                counters.by_distance += 1;
                continue;
            };
            debug_assert!(crate::ratio::passes(
                distance,
                query.len() as u32 + texts.columns.length(survivor.right),
                demand.ratio,
                demand.rule
            ));
            counters.matched += 1;
            matches.push(Match { left: at as u32, right: survivor.right as u32, distance });
        }
    }

    fn long_distance(&self, at: usize, texts: &Pairing, survivor: &Survivor) -> u32 {
        let (rows, columns) = (texts.rows, texts.columns);
        if self.wide {
            let (mut left, mut right): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
            decode(texts.left.text(at), |code| left.push(code));
            decode(texts.right.text(survivor.right), |code| right.push(code));
            return distance_of_long(&right, &left, survivor.budget);
        }
        distance_of_long(columns.characters(survivor.right), rows.characters(at), survivor.budget)
    }

    /// Two at a time. Where the filters' bound is usually near the distance, the first attempt is with little more
    /// than it: what comes out within that is exact, the others get the whole budget.
    fn measure_in_pairs(
        &mut self,
        columns: &Texts,
        survivors: &[Survivor],
        found: &mut [Option<u32>],
    ) {
        let excess = self.excess;
        let mut waiting: Vec<(usize, u32)> = survivors
            .iter()
            .enumerate()
            .map(|(at, survivor)| {
                let guess = (survivor.least as f32 * excess) as u32 + 16;
                (at, if guess < survivor.budget / 4 * 3 { guess } else { survivor.budget })
            })
            .collect();
        while !waiting.is_empty() {
            let mut again = Vec::new();
            for pair in waiting.chunks(2) {
                let both = [pair[0], *pair.last().expect("not empty")];
                let texts = both.map(|(at, _)| columns.characters(survivors[at].right));
                let distances = self.pattern.distances(texts, both.map(|(_, within)| within), &mut self.columns);
                for (&(at, within), distance) in pair.iter().zip(distances) {
                    let survivor = &survivors[at];
                    if distance <= within {
                        found[at] = Some(distance);
                        let needed = distance as f32 / survivor.least.max(1) as f32 * 1.05;
                        self.excess = needed.max(self.excess * 0.98).clamp(1.05, 100.0);
                    } else if within < survivor.budget {
                        again.push((at, survivor.budget));
                    }
                }
            }
            waiting = again;
        }
    }
}

/// The two tiles of a block, loaded and as they came.
struct Pairing<'a> {
    rows: &'a Texts,
    columns: &'a Texts,
    left: Tile<'a>,
    right: Tile<'a>,
}

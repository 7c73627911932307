//! The filters' alphabet: at most 64 buckets of characters, in classes. Merging characters only raises a common
//! subsequence, so any partition keeps the bounds valid; a good one makes them tight at little cost. Each class
//! takes about a tenth of all text and the next frequent characters; those with the rarest come first, because
//! many symbols tell texts apart and short subsequences are cheap.

/// Most buckets.
pub const BUCKETS: usize = 64;

/// Share of all text that a class takes at least, and its least number of buckets.
const CLASS_SHARE: f64 = 0.1;
const CLASS_BUCKETS: usize = 3;
/// Buckets that are shared by the rarest characters.
const SHARED: usize = 8;

/// Which bucket a character belongs to, and which buckets make a class.
pub struct Alphabet {
    buckets: Vec<u8>,
    /// Last bucket, exclusive, of each class in the order of use.
    pub ends: Vec<usize>,
}

/// How often each character of the first plane occurs; the others are rare enough.
pub struct Frequencies(Vec<u64>);

impl Default for Frequencies {
    fn default() -> Self {
        Self(vec![0; 0x10000])
    }
}

impl Frequencies {
    #[inline]
    pub fn add(&mut self, code: u32, count: u64) {
        if let Some(known) = self.0.get_mut(code as usize) {
            *known += count;
        }
    }

    /// The alphabet for texts with these frequencies, in the form that [`Alphabet::read`] takes: the number of
    /// classes, their ends, the number of buckets for unknown characters, these buckets, then pairs of
    /// character and bucket.
    pub fn plan(&self) -> Vec<u32> {
        let mut characters: Vec<(u32, u64)> =
            (0..).zip(self.0.iter().copied()).filter(|&(_, count)| count > 0).collect();
        characters.sort_by_key(|&(code, count)| (std::cmp::Reverse(count), code));
        let total: u64 = characters.iter().map(|&(_, count)| count).sum();
        let (own, rare) = characters.split_at(characters.len().min(BUCKETS - SHARED));
        let mut buckets: Vec<(u64, Vec<u32>, bool)> =
            own.iter().map(|&(code, count)| (count, vec![code], false)).collect();

        // Rare characters share buckets, each of them the emptiest one at its turn.
        let mut shared: Vec<(u64, Vec<u32>, bool)> = vec![(0, Vec::new(), true); SHARED];
        for &(code, count) in rare {
            let bucket = shared.iter_mut().min_by_key(|bucket| bucket.0).expect("at least one");
            bucket.0 += count;
            bucket.1.push(code);
        }
        buckets.append(&mut shared);
        buckets.sort_by_key(|bucket| bucket.0);

        let least = (total as f64 * CLASS_SHARE) as u64;
        let mut ends: Vec<u32> = Vec::new();
        let (mut share, mut first) = (0, 0);
        for (at, bucket) in buckets.iter().enumerate() {
            share += bucket.0;
            if share >= least && at + 1 - first >= CLASS_BUCKETS {
                ends.push(at as u32 + 1);
                (share, first) = (0, at + 1);
            }
        }
        // The most frequent ones that are left over join the last class, or are one.
        let count = buckets.len() as u32;
        match ends.last_mut() {
            Some(last) if buckets.len() - first < 2 => *last = count,
            _ => ends.push(count),
        }
        let rest: Vec<u32> = (0..buckets.len()).filter(|&at| buckets[at].2).map(|at| at as u32).collect();
        let mut plan = vec![ends.len() as u32];
        plan.extend(ends);
        plan.push(rest.len() as u32);
        plan.extend(rest);
        for (at, (_, codes, _)) in buckets.iter().enumerate() {
            for &code in codes {
                plan.extend([code, at as u32]);
            }
        }
        plan
    }
}

impl Alphabet {
    /// Reads what [`Frequencies::plan`] made. None where it is malformed.
    pub fn read(plan: &[u32]) -> Option<Self> {
        let (&count, plan) = plan.split_first()?;
        let (ends, plan) = plan.split_at_checked(count as usize)?;
        let (&count, plan) = plan.split_first()?;
        let (rest, plan) = plan.split_at_checked(count as usize)?;
        let ends: Vec<usize> = ends.iter().map(|&end| end as usize).collect();
        let last = *ends.last()?;
        if last > BUCKETS || rest.is_empty() || !ends.is_sorted() || plan.len() % 2 != 0 {
            return None;
        }
        let bucket = |value: u32| u8::try_from(value).ok().filter(|&value| usize::from(value) < last);
        let rest = rest.iter().map(|&value| bucket(value)).collect::<Option<Vec<u8>>>()?;
        let unknown = |code: u32| rest[(code.wrapping_mul(0x9e37_79b1) >> 16) as usize % rest.len()];
        let mut buckets: Vec<u8> = (0..=0xffff).map(unknown).collect();
        for pair in plan.chunks_exact(2) {
            *buckets.get_mut(pair[0] as usize)? = bucket(pair[1])?;
        }
        Some(Self { buckets, ends })
    }

    /// The bucket of a character of the first plane.
    #[inline]
    pub fn bucket(&self, character: u16) -> u8 {
        self.buckets[usize::from(character)]
    }

    /// The class of each bucket.
    pub fn class_of_bucket(&self) -> Vec<u8> {
        let mut class = 0;
        (0..*self.ends.last().expect("at least one class"))
            .map(|bucket| {
                while self.ends[class] <= bucket {
                    class += 1;
                }
                class as u8
            })
            .collect()
    }
}

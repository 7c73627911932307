//! Texts for the tests, from a generator without a seed of its own: every run sees the same ones.

/// xorshift64*
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }
}

/// Alphabets that documents are made of, and some that none is.
pub fn alphabets() -> Vec<Vec<char>> {
    vec![
        "ab".chars().collect(),
        "abcdefghijklmnopqrstuvwxyz     eeeeeettttaaaooinnssrr0123456789".chars().collect(),
        "abcdefghijklmnopqrstuvwxyzäöüß    eeeennniisr".chars().collect(),
        // More than 256 symbols.
        ('\u{4e00}'..='\u{51ff}').collect(),
        // Beyond the first plane, and mixed with it.
        ('\u{20000}'..='\u{200ff}').chain('a'..='z').collect(),
        ('\u{1d400}'..='\u{1d454}').collect(),
    ]
}

pub fn text(random: &mut Random, alphabet: &[char], length: usize) -> String {
    (0..length).map(|_| alphabet[random.below(alphabet.len())]).collect()
}

/// The text with about this share of its characters removed, inserted or replaced, and sometimes a block moved.
pub fn edited(random: &mut Random, alphabet: &[char], text: &str, permille: usize) -> String {
    let mut out: Vec<char> = Vec::new();
    for character in text.chars() {
        if random.below(1000) >= permille {
            out.push(character);
            continue;
        }
        match random.below(3) {
            0 => {}
            1 => out.extend([character, alphabet[random.below(alphabet.len())]]),
            _ => out.push(alphabet[random.below(alphabet.len())]),
        }
    }
    if random.below(4) == 0 && out.len() > 10 {
        let middle = random.below(out.len());
        out.rotate_left(middle);
    }
    out.into_iter().collect()
}

//! Streams side by side: their states, and blocks turned so that word i of four streams is one vector.

use core::arch::wasm32::*;

pub const LANES: usize = 16;

/// Streams whose words share a vector.
pub const GROUP: usize = 4;

/// Chaining values of one stream; MD5 uses the first four words.
pub type State = [u32; 8];

/// Four rows of four words, columns made rows.
#[inline(always)]
pub fn transpose(r: [v128; 4]) -> [v128; 4] {
    let low = [
        u32x4_shuffle::<0, 4, 1, 5>(r[0], r[1]),
        u32x4_shuffle::<0, 4, 1, 5>(r[2], r[3]),
    ];
    let high = [
        u32x4_shuffle::<2, 6, 3, 7>(r[0], r[1]),
        u32x4_shuffle::<2, 6, 3, 7>(r[2], r[3]),
    ];
    [
        u64x2_shuffle::<0, 2>(low[0], low[1]),
        u64x2_shuffle::<1, 3>(low[0], low[1]),
        u64x2_shuffle::<0, 2>(high[0], high[1]),
        u64x2_shuffle::<1, 3>(high[0], high[1]),
    ]
}

/// Streams that are processed in step, in groups of four. A group that isn't full is filled up with the first
/// stream; what comes of that is not stored.
pub struct Party {
    lanes: [usize; LANES],
    data: [*const u8; LANES],
    count: usize,
}

impl Party {
    pub const fn new() -> Self {
        Self {
            lanes: [0; LANES],
            data: [core::ptr::null(); LANES],
            count: 0,
        }
    }

    pub fn add(&mut self, lane: usize, data: *const u8) {
        self.lanes[self.count] = lane;
        self.data[self.count] = data;
        self.count += 1;
    }

    /// Lanes and where their bytes are.
    pub fn members(&self) -> impl Iterator<Item = (usize, *const u8)> {
        self.lanes.into_iter().zip(self.data).take(self.count)
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Member of a group of four, from the first one on.
    #[inline(always)]
    fn member(&self, group: usize, i: usize) -> usize {
        let place = group * GROUP + i;
        if place < self.count { place } else { 0 }
    }

    /// The first N words of a group's states, as N vectors. N is 4 or 8.
    #[inline(always)]
    pub fn rows<const N: usize>(&self, states: &[State; LANES], group: usize) -> [v128; N] {
        let mut out = [u32x4_splat(0); N];
        for half in 0..N / 4 {
            let turned = transpose(core::array::from_fn(|i| unsafe {
                let lane = self.lanes[self.member(group, i)];
                v128_load(states[lane].as_ptr().add(half * 4).cast())
            }));
            out[half * 4..half * 4 + 4].copy_from_slice(&turned);
        }
        out
    }

    /// Puts four words of a group back into its states, from the word `first` on.
    #[inline(always)]
    pub fn store(&self, states: &mut [State; LANES], group: usize, words: [v128; 4], first: usize) {
        for (i, row) in transpose(words).into_iter().enumerate() {
            let place = group * GROUP + i;
            if place < self.count {
                let state = &mut states[self.lanes[place]];
                unsafe { v128_store(state.as_mut_ptr().add(first).cast(), row) };
            }
        }
    }

    /// Where the bytes of a group are.
    #[inline(always)]
    pub fn data(&self, group: usize) -> [*const u8; GROUP] {
        core::array::from_fn(|i| self.data[self.member(group, i)])
    }
}

/// One block of each of four streams: word i of all four is vector i.
///
/// # Safety
/// Each of the four pointers plus `offset` points to a whole block.
#[inline(always)]
pub unsafe fn load(data: &[*const u8; GROUP], offset: usize) -> [v128; 16] {
    let mut words = [u32x4_splat(0); 16];
    for quarter in 0..4 {
        let turned = transpose(core::array::from_fn(|lane| unsafe {
            v128_load(data[lane].add(offset + quarter * 16).cast())
        }));
        words[quarter * 4..quarter * 4 + 4].copy_from_slice(&turned);
    }
    words
}

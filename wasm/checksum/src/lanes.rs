//! Eight streams side by side: their states, and blocks turned so that word i of four streams is one vector.

use core::arch::wasm32::*;

pub const LANES: usize = 8;

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

/// The first N words of four streams' states, as N vectors. N is 4 or 8.
#[inline(always)]
pub fn rows<const N: usize>(states: &[State; LANES], first: usize) -> [v128; N] {
    let mut out = [u32x4_splat(0); N];
    for half in 0..N / 4 {
        let turned = transpose(core::array::from_fn(|lane| unsafe {
            v128_load(states[first + lane].as_ptr().add(half * 4).cast())
        }));
        out[half * 4..half * 4 + 4].copy_from_slice(&turned);
    }
    out
}

/// One block of each of four streams: word i of all four is vector i.
///
/// # Safety
/// Each of the four pointers plus `offset` points to a whole block.
#[inline(always)]
pub unsafe fn load(data: &[*const u8], offset: usize) -> [v128; 16] {
    let mut words = [u32x4_splat(0); 16];
    for quarter in 0..4 {
        let turned = transpose(core::array::from_fn(|lane| unsafe {
            v128_load(data[lane].add(offset + quarter * 16).cast())
        }));
        words[quarter * 4..quarter * 4 + 4].copy_from_slice(&turned);
    }
    words
}

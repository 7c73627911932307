//! SHA-256 (FIPS 180-4): one stream in scalar code, and four independent streams in one vector. Only whole
//! blocks of 64 bytes come here; padding is the caller's.

use crate::lanes::{LANES, Party, State, load};
use core::arch::wasm32::*;

pub const INITIAL: State = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// FIPS 180-4 section 4.2.2.
#[rustfmt::skip]
static K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The constants spread over a vector, as data: a vector constant in code costs V8 four instructions.
static SPREAD: [[u32; 4]; 64] = {
    let mut table = [[0; 4]; 64];
    let mut i = 0;
    while i < 64 {
        table[i] = [K[i]; 4];
        i += 1;
    }
    table
};

/// One stream.
///
/// # Safety
/// `data` points to `blocks` whole blocks.
pub unsafe fn scalar(state: &mut State, data: *const u8, blocks: usize) {
    let mut data = data.cast::<u32>();
    for _ in 0..blocks {
        let mut w = [0u32; 16];
        for (i, word) in w.iter_mut().enumerate() {
            *word = u32::from_be(unsafe { data.add(i).read_unaligned() });
        }
        data = unsafe { data.add(16) };
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
        for round in 0..4 {
            for i in 0..16 {
                if round > 0 {
                    let (x, y) = (w[(i + 1) & 15], w[(i + 14) & 15]);
                    let s0 = x.rotate_right(7) ^ x.rotate_right(18) ^ (x >> 3);
                    let s1 = y.rotate_right(17) ^ y.rotate_right(19) ^ (y >> 10);
                    w[i] = w[i]
                        .wrapping_add(s0)
                        .wrapping_add(w[(i + 9) & 15])
                        .wrapping_add(s1);
                }
                let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
                let t1 = h
                    .wrapping_add(s1)
                    .wrapping_add(g ^ (e & (f ^ g)))
                    .wrapping_add(K[round * 16 + i])
                    .wrapping_add(w[i]);
                let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
                let t2 = s0.wrapping_add((a & b) | (c & (a | b)));
                (h, g, f, e, d, c, b, a) =
                    (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
            }
        }
        for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(add);
        }
    }
}

#[inline(always)]
fn rotate<const N: u32>(x: v128) -> v128 {
    v128_or(u32x4_shr(x, N), u32x4_shl(x, 32 - N))
}

#[inline(always)]
fn big_endian(x: v128) -> v128 {
    u8x16_shuffle::<3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12>(x, x)
}

#[inline(always)]
fn xor3(a: v128, b: v128, c: v128) -> v128 {
    v128_xor(a, v128_xor(b, c))
}

/// Four streams in step.
///
/// # Safety
/// The data of each member of the party are `blocks` whole blocks.
pub unsafe fn vector(states: &mut [State; LANES], party: &Party, group: usize, blocks: usize) {
    let data = party.data(group);
    let spread = core::hint::black_box(SPREAD.as_ptr()).cast::<v128>();
    let mut state = party.rows::<8>(states, group);
    for block in 0..blocks {
        let mut w = unsafe { load(&data, block * 64) };
        for word in w.iter_mut() {
            *word = big_endian(*word);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for round in 0..4 {
            for i in 0..16 {
                if round > 0 {
                    let (x, y) = (w[(i + 1) & 15], w[(i + 14) & 15]);
                    let s0 = xor3(rotate::<7>(x), rotate::<18>(x), u32x4_shr(x, 3));
                    let s1 = xor3(rotate::<17>(y), rotate::<19>(y), u32x4_shr(y, 10));
                    w[i] = u32x4_add(u32x4_add(w[i], s0), u32x4_add(w[(i + 9) & 15], s1));
                }
                let k = unsafe { v128_load(spread.add(round * 16 + i)) };
                let s1 = xor3(rotate::<6>(e), rotate::<11>(e), rotate::<25>(e));
                let choice = v128_xor(g, v128_and(e, v128_xor(f, g)));
                let t1 = u32x4_add(u32x4_add(h, u32x4_add(w[i], k)), u32x4_add(s1, choice));
                let s0 = xor3(rotate::<2>(a), rotate::<13>(a), rotate::<22>(a));
                let majority = v128_or(v128_and(a, b), v128_and(c, v128_or(a, b)));
                let t2 = u32x4_add(s0, majority);
                (h, g, f, e, d, c, b, a) = (g, f, e, u32x4_add(d, t1), c, b, a, u32x4_add(t1, t2));
            }
        }
        for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = u32x4_add(*word, add);
        }
    }
    for half in [0, 4] {
        party.store(
            states,
            group,
            core::array::from_fn(|i| state[half + i]),
            half,
        );
    }
}

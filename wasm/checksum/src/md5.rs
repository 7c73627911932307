//! MD5 (RFC 1321): one stream in scalar code, and 8 or 16 independent streams interleaved over two or four
//! vectors. Only whole blocks of 64 bytes come here; padding is the caller's.

use crate::lanes::{LANES, Party, State, load};
use core::arch::wasm32::*;

pub const INITIAL: State = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0, 0, 0, 0];

/// floor(2^32 * |sin(i + 1)|), RFC 1321 section 3.4.
#[rustfmt::skip]
static K: [u32; 64] = [
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
];

/// Rotations, one row a round.
const S: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

/// The constants spread over a vector, as data: a vector constant in code costs V8 four instructions.
static SPREAD: [[u32; 4]; 64] = {
    let mut table = [[0; 4]; 64];
    let mut i = 0;
    while i < 64 {
        // The fourth round subtracts c ^ (d & !b) - 1 - … instead of adding c ^ (b | !d): see `vector_step`.
        let k = if i < 48 { K[i] } else { K[i].wrapping_sub(1) };
        table[i] = [k; 4];
        i += 1;
    }
    table
};

/// Which word of the block step `i` takes.
const fn word(i: usize) -> usize {
    match i / 16 {
        0 => i % 16,
        1 => (5 * i + 1) % 16,
        2 => (3 * i + 5) % 16,
        _ => (7 * i) % 16,
    }
}

/// `ones` is !0 and `k` K[I], both hidden from the compiler: it would add a constant it knows last, behind
/// the value that everything waits for, and would turn the two sums of the second round into an "or".
#[inline(always)]
fn scalar_step<const I: usize>(s: &mut [u32; 4], m: u32, k: u32, ones: u32) {
    // The roles of a, b, c, d turn by one with each step; the indices are constants.
    let (a, b, c, d) = ((64 - I) % 4, (65 - I) % 4, (66 - I) % 4, (67 - I) % 4);
    let (b, c, d) = (s[b], s[c], s[d]);
    let sum = s[a].wrapping_add(m.wrapping_add(k));
    let sum = match I / 16 {
        0 => sum.wrapping_add(d ^ (b & (c ^ d))),
        // The part without b is off the critical path.
        1 => sum.wrapping_add(c & (d ^ ones)).wrapping_add(b & d),
        2 => sum.wrapping_add(b ^ (c ^ d)),
        _ => sum.wrapping_add(c ^ (b | (d ^ ones))),
    };
    s[a] = sum.rotate_left(S[I / 16][I % 4]).wrapping_add(b);
}

macro_rules! unrolled {
    ($step:ident, $($i:literal)*) => { $( $step!($i); )* };
}
macro_rules! sixty_four {
    ($step:ident) => {
        unrolled!($step, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27
            28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57
            58 59 60 61 62 63)
    };
}

/// One stream.
///
/// # Safety
/// `data` points to `blocks` whole blocks.
pub unsafe fn scalar(state: &mut State, data: *const u8, blocks: usize) {
    let k = core::hint::black_box(K.as_ptr());
    let ones = core::hint::black_box(!0);
    let mut s = [state[0], state[1], state[2], state[3]];
    let mut data = data.cast::<u32>();
    for _ in 0..blocks {
        let before = s;
        macro_rules! step {
            ($i:literal) => {
                let (m, k) = unsafe { (data.add(word($i)).read_unaligned(), *k.add($i)) };
                scalar_step::<$i>(&mut s, m, k, ones);
            };
        }
        sixty_four!(step);
        for i in 0..4 {
            s[i] = s[i].wrapping_add(before[i]);
        }
        data = unsafe { data.add(16) };
    }
    state[..4].copy_from_slice(&s);
}

#[inline(always)]
fn rotate<const N: u32>(x: v128) -> v128 {
    match N {
        16 => u8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(x, x),
        _ => v128_or(u32x4_shl(x, N), u32x4_shr(x, 32 - N)),
    }
}

#[inline(always)]
fn vector_step<const I: usize, const N: u32>(s: &mut [v128; 4], m: v128, k: v128) {
    let (a, b, c, d) = ((64 - I) % 4, (65 - I) % 4, (66 - I) % 4, (67 - I) % 4);
    let (b, c, d) = (s[b], s[c], s[d]);
    let sum = u32x4_add(s[a], u32x4_add(m, k));
    let sum = match I / 16 {
        0 => u32x4_add(sum, v128_xor(d, v128_and(b, v128_xor(c, d)))),
        1 => u32x4_add(u32x4_add(sum, v128_andnot(c, d)), v128_and(b, d)),
        2 => u32x4_add(sum, v128_xor(b, v128_xor(c, d))),
        // c ^ (b | !d) = !(c ^ (d & !b)) = -1 - (c ^ (d & !b)): WASM has no vector "or not".
        _ => u32x4_sub(sum, v128_xor(c, v128_andnot(d, b))),
    };
    s[a] = u32x4_add(rotate::<N>(sum), b);
}

/// Always true, which the compiler doesn't know.
static ONCE: u32 = 1;

/// The words of the blocks in work. At a fixed address V8 checks no bounds.
static mut WORDS: [[v128; 16]; 4] = [[u32x4(0, 0, 0, 0); 16]; 4];

/// Four times as many streams as there are groups in step. Each step waits for the one before it, so that more
/// groups take little longer: two do 2.4 GB/s, four 3.6 where vectors are added in two cycles (Zen 5).
///
/// # Safety
/// The data of each member of the party are `blocks` whole blocks.
pub unsafe fn vector<const GROUPS: usize>(
    states: &mut [State; LANES],
    party: &Party,
    blocks: usize,
) {
    let mut s: [[v128; 4]; GROUPS] = core::array::from_fn(|group| party.rows::<4>(states, group));
    let data: [_; GROUPS] = core::array::from_fn(|group| party.data(group));
    for block in 0..blocks {
        for (words, data) in unsafe { &mut *(&raw mut WORDS) }.iter_mut().zip(&data) {
            *words = unsafe { load(data, block * 64) };
        }
        let before = s;
        macro_rules! step {
            ($i:expr) => {
                // Volatile, or the compiler moves all constants and words into locals before the first step,
                // far more than there are registers.
                let k = unsafe { (&raw const SPREAD[$i]).cast::<v128>().read_volatile() };
                for group in 0..GROUPS {
                    let m = unsafe { (&raw const WORDS[group][word($i)]).read_volatile() };
                    vector_step::<{ $i }, { S[$i / 16][$i % 4] }>(&mut s[group], m, k);
                }
            };
        }
        // Each group is a loop of one round, across which the compiler can move nothing. Left alone it puts
        // all steps of the first four streams before those of the others, to save registers; each step then
        // waits for the one before, and the processor can't look far enough ahead to work on more chains.
        // With 4 steps at a time two groups do 2.37 GB/s instead of 1.47; 2 and 8 do about the same.
        macro_rules! group {
            ($i:literal) => {
                loop {
                    step!($i);
                    step!($i + 1);
                    step!($i + 2);
                    step!($i + 3);
                    if unsafe { (&raw const ONCE).read_volatile() } != 0 {
                        break;
                    }
                }
            };
        }
        unrolled!(group, 0 4 8 12 16 20 24 28 32 36 40 44 48 52 56 60);
        for group in 0..GROUPS {
            for i in 0..4 {
                s[group][i] = u32x4_add(s[group][i], before[group][i]);
            }
        }
    }
    for group in 0..GROUPS {
        party.store(states, group, s[group], 0);
    }
}

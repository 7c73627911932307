//! 128 bits as eight 16-bit or two 64-bit lanes: the host's SIMD in WASM, plain integers elsewhere, so that the
//! tests run natively on the same algorithms.

#[cfg(target_arch = "wasm32")]
mod lanes {
    use core::arch::wasm32::*;

    pub type Vector = v128;

    #[inline(always)]
    pub fn splat16(value: u16) -> Vector {
        u16x8_splat(value)
    }
    #[inline(always)]
    pub fn and(a: Vector, b: Vector) -> Vector {
        v128_and(a, b)
    }
    #[inline(always)]
    pub fn or(a: Vector, b: Vector) -> Vector {
        v128_or(a, b)
    }
    /// a & !b
    #[inline(always)]
    pub fn and_not(a: Vector, b: Vector) -> Vector {
        v128_andnot(a, b)
    }
    #[inline(always)]
    pub fn add16(a: Vector, b: Vector) -> Vector {
        u16x8_add(a, b)
    }
    #[inline(always)]
    pub fn add_saturating16(a: Vector, b: Vector) -> Vector {
        u16x8_add_sat(a, b)
    }
    #[inline(always)]
    pub fn sub_saturating16(a: Vector, b: Vector) -> Vector {
        u16x8_sub_sat(a, b)
    }
    #[inline(always)]
    pub fn top_bit16(a: Vector) -> Vector {
        u16x8_shr(a, 15)
    }
    #[inline(always)]
    pub fn ones_count16(a: Vector) -> Vector {
        u16x8_extadd_pairwise_u8x16(u8x16_popcnt(a))
    }
    #[inline(always)]
    pub fn splat64(value: u64) -> Vector {
        u64x2_splat(value)
    }
    #[inline(always)]
    pub fn add64(a: Vector, b: Vector) -> Vector {
        u64x2_add(a, b)
    }
    #[inline(always)]
    pub fn top_bit64(a: Vector) -> Vector {
        u64x2_shr(a, 63)
    }
    /// # Safety
    /// Both pointers point to a word.
    #[inline(always)]
    pub unsafe fn load_two(low: *const u64, high: *const u64) -> Vector {
        unsafe { v128_load64_lane::<1>(v128_load64_zero(low), high) }
    }
    #[inline(always)]
    pub fn to_lanes16(a: Vector) -> [u16; 8] {
        unsafe { core::mem::transmute(a) }
    }
    #[inline(always)]
    pub fn to_lanes64(a: Vector) -> [u64; 2] {
        unsafe { core::mem::transmute(a) }
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod lanes {
    #[derive(Clone, Copy)]
    #[repr(C, align(16))]
    pub struct Vector([u16; 8]);

    pub fn splat16(value: u16) -> Vector {
        Vector([value; 8])
    }
    fn map(a: Vector, b: Vector, f: impl Fn(u16, u16) -> u16) -> Vector {
        Vector(core::array::from_fn(|lane| f(a.0[lane], b.0[lane])))
    }
    pub fn and(a: Vector, b: Vector) -> Vector {
        map(a, b, |a, b| a & b)
    }
    pub fn or(a: Vector, b: Vector) -> Vector {
        map(a, b, |a, b| a | b)
    }
    /// a & !b
    pub fn and_not(a: Vector, b: Vector) -> Vector {
        map(a, b, |a, b| a & !b)
    }
    pub fn add16(a: Vector, b: Vector) -> Vector {
        map(a, b, u16::wrapping_add)
    }
    pub fn add_saturating16(a: Vector, b: Vector) -> Vector {
        map(a, b, u16::saturating_add)
    }
    pub fn sub_saturating16(a: Vector, b: Vector) -> Vector {
        map(a, b, u16::saturating_sub)
    }
    pub fn top_bit16(a: Vector) -> Vector {
        Vector(a.0.map(|lane| lane >> 15))
    }
    pub fn ones_count16(a: Vector) -> Vector {
        Vector(a.0.map(|lane| lane.count_ones() as u16))
    }
    fn from_lanes64(lanes: [u64; 2]) -> Vector {
        unsafe { core::mem::transmute(lanes) }
    }
    pub fn splat64(value: u64) -> Vector {
        from_lanes64([value; 2])
    }
    pub fn add64(a: Vector, b: Vector) -> Vector {
        let (a, b) = (to_lanes64(a), to_lanes64(b));
        from_lanes64([a[0].wrapping_add(b[0]), a[1].wrapping_add(b[1])])
    }
    pub fn top_bit64(a: Vector) -> Vector {
        from_lanes64(to_lanes64(a).map(|lane| lane >> 63))
    }
    /// # Safety
    /// Both pointers point to a word.
    pub unsafe fn load_two(low: *const u64, high: *const u64) -> Vector {
        unsafe { from_lanes64([*low, *high]) }
    }
    pub fn to_lanes16(a: Vector) -> [u16; 8] {
        a.0
    }
    pub fn to_lanes64(a: Vector) -> [u64; 2] {
        unsafe { core::mem::transmute(a) }
    }
}

pub use lanes::*;

/// All bits zero.
#[inline(always)]
pub fn zero() -> Vector {
    splat16(0)
}

/// All bits one.
#[inline(always)]
pub fn ones() -> Vector {
    splat16(u16::MAX)
}

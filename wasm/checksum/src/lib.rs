//! MD5 and SHA-256 of many streams at once. All memory is static: sixteen lanes for files, into which the
//! caller reads and out of which it writes, and one stream for bytes that come in any other way. Nothing is
//! allocated and nothing can grow.

#![no_std]

mod lanes;
mod md5;
mod sha256;

use core::ptr::addr_of_mut;
use lanes::{GROUP, LANES, Party, State};

/// Bytes of a file that a lane holds; a multiple of 64. All of them fit the cache of one core (512 KB or
/// more): with 128 KB the same files took an eighth longer.
const CHUNK: usize = 32 * 1024;
/// Room for the padding behind a full lane. With it, lanes don't lie a power of two apart, so that the same
/// offset of many lanes doesn't fall into one set of the cache.
const PADDING: usize = 128;

const NONE: u32 = 0;
const MD5: u32 = 1;
const SHA256: u32 = 2;

/// From this many lanes on the vectors are faster than one lane after the other.
const VECTOR_MD5: usize = 3;
const VECTOR_SHA256: usize = 2;

#[repr(C, align(64))]
struct Buffer([u8; CHUNK + PADDING]);

struct Kernel {
    buffers: [Buffer; LANES + 1],
    states: [State; LANES],
    stream: State,
    digest: [u8; 32],
    algorithm: [u32; LANES],
    /// First byte of the lane not yet processed, and the end of its bytes.
    position: [usize; LANES],
    end: [usize; LANES],
}

static mut KERNEL: Kernel = Kernel {
    buffers: [const { Buffer([0; CHUNK + PADDING]) }; LANES + 1],
    states: [[0; 8]; LANES],
    stream: [0; 8],
    digest: [0; 32],
    algorithm: [NONE; LANES],
    position: [0; LANES],
    end: [0; LANES],
};

/// The module runs in one thread and no export calls another.
fn kernel() -> &'static mut Kernel {
    unsafe { &mut *addr_of_mut!(KERNEL) }
}

const fn initial(algorithm: u32) -> State {
    if algorithm == MD5 {
        md5::INITIAL
    } else {
        sha256::INITIAL
    }
}

/// Pads the last `length` bytes of a stream of `total` bytes; returns the length with the padding.
fn pad(buffer: &mut Buffer, algorithm: u32, length: usize, total: u64) -> usize {
    let padded = (length + 8) / 64 * 64 + 64;
    let bits = total.wrapping_mul(8);
    let bits = if algorithm == MD5 {
        bits.to_le_bytes()
    } else {
        bits.to_be_bytes()
    };
    buffer.0[length] = 0x80;
    buffer.0[length + 1..padded - 8].fill(0);
    buffer.0[padded - 8..padded].copy_from_slice(&bits);
    padded
}

fn write_digest(digest: &mut [u8; 32], state: &State, algorithm: u32) {
    for (bytes, word) in digest.chunks_exact_mut(4).zip(state) {
        let word = if algorithm == MD5 {
            word.to_le_bytes()
        } else {
            word.to_be_bytes()
        };
        bytes.copy_from_slice(&word);
    }
}

fn total(low: u32, high: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

#[unsafe(no_mangle)]
pub extern "C" fn chunk() -> usize {
    CHUNK
}

/// Where a lane's bytes go; the one behind the last lane is the stream's.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(lane: usize) -> *mut u8 {
    kernel().buffers[lane].0.as_mut_ptr()
}

/// Where `lane_digest` and `stream_digest` leave their 16 or 32 bytes.
#[unsafe(no_mangle)]
pub extern "C" fn digest() -> *const u8 {
    kernel().digest.as_ptr()
}

/// Where the stream's state is, so that many streams can take turns.
#[unsafe(no_mangle)]
pub extern "C" fn stream() -> *mut u32 {
    kernel().stream.as_mut_ptr()
}

/// Gives a lane to a new file, or with algorithm 0 takes it out.
#[unsafe(no_mangle)]
pub extern "C" fn lane_begin(lane: usize, algorithm: u32) {
    let k = kernel();
    k.states[lane] = initial(algorithm);
    k.algorithm[lane] = algorithm;
    k.position[lane] = 0;
    k.end[lane] = 0;
}

/// `length` bytes, a multiple of 64, are at the start of the lane's buffer.
#[unsafe(no_mangle)]
pub extern "C" fn lane_fill(lane: usize, length: usize) {
    let k = kernel();
    k.position[lane] = 0;
    k.end[lane] = length;
}

/// The last `length` bytes of a file are at the start of the lane's buffer; `low` and `high` make up its size.
#[unsafe(no_mangle)]
pub extern "C" fn lane_finish(lane: usize, length: usize, low: u32, high: u32) {
    let k = kernel();
    k.position[lane] = 0;
    k.end[lane] = pad(
        &mut k.buffers[lane],
        k.algorithm[lane],
        length,
        total(low, high),
    );
}

#[unsafe(no_mangle)]
pub extern "C" fn lane_digest(lane: usize) {
    let k = kernel();
    write_digest(&mut k.digest, &k.states[lane], k.algorithm[lane]);
}

/// Processes what the lanes hold until one of those that hold something is empty.
#[unsafe(no_mangle)]
pub extern "C" fn lanes_run() {
    let k = kernel();
    run(k, MD5);
    run(k, SHA256);
}

fn run(k: &mut Kernel, algorithm: u32) {
    let mut least = usize::MAX;
    let mut party = Party::new();
    for lane in 0..LANES {
        let length = k.end[lane] - k.position[lane];
        if k.algorithm[lane] != algorithm || length == 0 {
            continue;
        }
        least = least.min(length);
        party.add(lane, unsafe {
            k.buffers[lane].0.as_ptr().add(k.position[lane])
        });
    }
    let count = party.count();
    if count == 0 {
        return;
    }
    let blocks = least / 64;
    match algorithm {
        MD5 if count > 2 * GROUP => unsafe { md5::vector::<4>(&mut k.states, &party, blocks) },
        MD5 if count >= VECTOR_MD5 => unsafe { md5::vector::<2>(&mut k.states, &party, blocks) },
        SHA256 if count >= VECTOR_SHA256 => {
            for group in 0..count.div_ceil(GROUP) {
                unsafe { sha256::vector(&mut k.states, &party, group, blocks) };
            }
        }
        _ => {
            for (lane, data) in party.members() {
                unsafe { scalar(algorithm, &mut k.states[lane], data, blocks) };
            }
        }
    }
    for (lane, _) in party.members() {
        k.position[lane] += blocks * 64;
    }
}

/// # Safety
/// `data` points to `blocks` whole blocks.
unsafe fn scalar(algorithm: u32, state: &mut State, data: *const u8, blocks: usize) {
    match algorithm {
        MD5 => unsafe { md5::scalar(state, data, blocks) },
        _ => unsafe { sha256::scalar(state, data, blocks) },
    }
}

/// Bytes of a lane not yet processed.
#[unsafe(no_mangle)]
pub extern "C" fn lane_left(lane: usize) -> usize {
    let k = kernel();
    k.end[lane] - k.position[lane]
}

#[unsafe(no_mangle)]
pub extern "C" fn stream_begin(algorithm: u32) {
    kernel().stream = initial(algorithm);
}

/// Processes the first `length` bytes, a multiple of 64, of the stream's buffer.
#[unsafe(no_mangle)]
pub extern "C" fn stream_update(algorithm: u32, length: usize) {
    let k = kernel();
    unsafe {
        scalar(
            algorithm,
            &mut k.stream,
            k.buffers[LANES].0.as_ptr(),
            length / 64,
        )
    };
}

/// Processes the last `length` bytes of a stream, which are in its buffer, and leaves the digest.
#[unsafe(no_mangle)]
pub extern "C" fn stream_digest(algorithm: u32, length: usize, low: u32, high: u32) {
    let k = kernel();
    let length = pad(&mut k.buffers[LANES], algorithm, length, total(low, high));
    unsafe {
        scalar(
            algorithm,
            &mut k.stream,
            k.buffers[LANES].0.as_ptr(),
            length / 64,
        )
    };
    write_digest(&mut k.digest, &k.stream, algorithm);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

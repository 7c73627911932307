// What a rendering may cost. Every step of the interpreter and every byte and item that it makes is charged;
// nothing large is allocated before it was paid for.

use crate::error::{Error, Res};
use std::cell::Cell;

/// Steps that one rendering may take: some ten thousand times what a file name needs, well under a second.
pub const FUEL: i64 = 4_000_000;
/// Bytes of source that are compiled.
pub const SOURCE_BYTES: usize = 64 * 1024;
/// Nested expressions and blocks, in the source and (through macros and recursive loops) while running.
pub const DEPTH: u32 = 300;
/// Bytes that a rendering may print. A path has at most 1024 characters.
pub const OUTPUT_BYTES: usize = 256 * 1024;

thread_local! {
    static LEFT: Cell<i64> = const { Cell::new(0) };
    static LEVEL: Cell<u32> = const { Cell::new(0) };
}

/// Starts a rendering with a full tank.
pub fn refill() {
    LEFT.set(FUEL);
    LEVEL.set(0);
}

/// Pays for `steps` steps or items.
pub fn charge(steps: usize) -> Res<()> {
    let left = LEFT.get() - i64::try_from(steps).unwrap_or(i64::MAX / 2);
    LEFT.set(left);
    if left < 0 {
        Err(Error::limit("the template takes too many steps"))
    } else {
        Ok(())
    }
}

/// Pays for making a text of `bytes` bytes.
pub fn charge_bytes(bytes: usize) -> Res<()> {
    charge(bytes / 8 + 1)
}

/// A level of nesting, left when dropped.
pub struct Level;

impl Level {
    pub fn enter() -> Res<Level> {
        let level = LEVEL.get() + 1;
        LEVEL.set(level);
        let guard = Level;
        if level > DEPTH {
            Err(Error::limit("the template is nested too deeply"))
        } else {
            Ok(guard)
        }
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        LEVEL.set(LEVEL.get() - 1);
    }
}

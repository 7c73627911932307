// What the kernel asks of its host: Unicode normalisation and dates in other languages, both of which the
// host's own data answers. Nothing else is imported.

use crate::error::{Error, Res};
use crate::limits::{charge, charge_bytes};

#[cfg(target_arch = "wasm32")]
mod imports {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Answers through `answer_buffer`; returns the length, or −1 less the length of an error message.
        pub fn ask(question: u32, pointer: *const u8, length: usize) -> i32;
    }
}

pub const NFKD: u32 = 0;
pub const NFKC: u32 = 1;
/// Three lines: the moment (`YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS.ffffff`), the locale, and the pattern to the end.
pub const LOCALIZE: u32 = 2;

#[cfg(target_arch = "wasm32")]
pub fn ask(question: u32, text: &str) -> Res<String> {
    pay(text)?;
    // SAFETY: the host reads `length` bytes at `pointer` and writes into the buffer it was given.
    let length = unsafe { imports::ask(question, text.as_ptr(), text.len()) };
    let failed = length < 0;
    let length = if failed { -(length + 1) } else { length } as usize;
    let answer = String::from_utf8_lossy(crate::abi::answer(length)).into_owned();
    charge_bytes(answer.len())?;
    if failed {
        Err(Error::runtime(answer))
    } else {
        Ok(answer)
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub fn ask(_question: u32, text: &str) -> Res<String> {
    pay(text)?;
    Err(Error::runtime("there is no host to ask"))
}

/// A question costs the host far more than a step.
fn pay(text: &str) -> Res<()> {
    charge(1000)?;
    charge_bytes(text.len() * 8)
}

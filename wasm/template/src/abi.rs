// The module's interface: bytes in, bytes out, no pointers kept by the host between calls.

use crate::error::Kind;
use std::cell::RefCell;

thread_local! {
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ANSWER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Room for a request of `length` bytes: the template's length as four bytes (little endian), the template,
/// and the variables (see `variables`).
#[unsafe(no_mangle)]
pub extern "C" fn input_buffer(length: usize) -> *mut u8 {
    INPUT.with_borrow_mut(|input| {
        input.clear();
        input.resize(length, 0);
        input.as_mut_ptr()
    })
}

/// Room for the answer to a question that the kernel asked its host.
#[unsafe(no_mangle)]
pub extern "C" fn answer_buffer(length: usize) -> *mut u8 {
    ANSWER.with_borrow_mut(|answer| {
        answer.clear();
        answer.resize(length, 0);
        answer.as_mut_ptr()
    })
}

/// Renders what lies in the input buffer. 0: the output is the text; else the number of the kind of error, and the
/// output is its message.
#[unsafe(no_mangle)]
pub extern "C" fn render() -> u32 {
    let input = INPUT.take();
    let (kind, output) = match crate::render_request(&input) {
        Ok(text) => (0, text),
        Err(error) => (error.kind as u32, error.message),
    };
    OUTPUT.set(output);
    kind
}

#[unsafe(no_mangle)]
pub extern "C" fn output_pointer() -> *const u8 {
    OUTPUT.with_borrow(|output| output.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn output_length() -> usize {
    OUTPUT.with_borrow(|output| output.len())
}

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
pub fn answer(length: usize) -> &'static [u8] {
    // The buffer lives until the next question; the copy made from it does not outlast that.
    ANSWER.with_borrow(|answer| {
        let length = length.min(answer.len());
        // SAFETY: the kernel has one thread, and nothing touches the buffer before the slice was copied.
        unsafe { std::slice::from_raw_parts(answer.as_ptr(), length) }
    })
}

// 0 means success.
const _: () = assert!(Kind::Syntax as u32 != 0);

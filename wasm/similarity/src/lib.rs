//! Which pairs of texts are nearly equal: the ratio of rapidfuzz behind filters that never lose a pair. Texts go
//! in and pairs come out; the module reaches nothing outside.

mod abi;
pub mod alphabet;
pub mod compare;
pub mod filter;
pub mod lcs;
pub mod partial;
pub mod prepare;
pub mod ratio;
pub mod sketch;
mod unicode;
mod vector;

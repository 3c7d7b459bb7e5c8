//! The module of the victim's page: `cowl-core` in the browser.
//!
//! The page asks, and this decides: it verifies the operation's manifest, beacon and dispatch, shows what a report would say to
//! whom, and seals it, by the same code as everywhere. [`Module::call`] takes a request and gives an answer, both CBOR;
//! `assets/page/cowl.js` of `cowl-console` is the other side. Everything that is not about WebAssembly runs natively too, so the
//! tests of this crate need no browser.
//!
//! ```
//! use cowl_web::Module;
//!
//! # struct Rng;
//! # impl rand_core::TryRng for Rng {
//! #     type Error = core::convert::Infallible;
//! #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(1) }
//! #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(1) }
//! #     fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> { out.fill(1); Ok(()) }
//! # }
//! # impl rand_core::TryCryptoRng for Rng {}
//! # let mut rng = Rng;
//! let mut module = Module::default();
//! // ["parse", "legal winner …"]: which code are these words?
//! let words = "legal winner thank year wave sausage worth useful legal winner thank yellow";
//! let request = minicbor::to_vec(("parse", words))?;
//! let answer = module.call(&request, &mut rng);
//! assert!(answer.windows(16).any(|bytes| bytes == [0x7f; 16]));
//! # Ok::<(), minicbor::encode::Error<core::convert::Infallible>>(())
//! ```
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(target_arch = "wasm32")]
mod abi;
mod about;
mod fault;
mod input;
mod module;
mod operation;
mod preview;
mod receipt;
mod reply;
mod sealing;
mod withdrawal;

pub use module::Module;

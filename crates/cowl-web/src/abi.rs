//! The border between the page and the module: the only file with `unsafe`, as WebAssembly has no other way to name an export
//! or an import, and numbers only cross it.
//!
//! The page writes a request into memory that [`alloc`] gave, hands it to [`call`], reads the answer (four bytes of length,
//! little-endian, in front), and gives it back to [`free`]. Every piece of memory that is given back is wiped.
#![expect(
    unsafe_code,
    reason = "exports, imports and the memory that crosses them cannot be written without"
)]

use alloc::{boxed::Box, vec, vec::Vec};
use core::{
    alloc::{GlobalAlloc, Layout},
    convert::Infallible,
    panic::PanicInfo,
    ptr, slice,
};

use dlmalloc::GlobalDlmalloc;
use rand_core::{TryCryptoRng, TryRng};
use zeroize::Zeroize as _;

use crate::Module;

/// Bytes of the length in front of an answer.
const LENGTH: usize = 4;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Fills memory with random bytes; the page's `crypto.getRandomValues`. It throws rather than fill with anything else.
    fn random(start: *mut u8, length: usize);
}

unsafe extern "C" {
    /// Where the linker lets data begin: right behind the stack, which grows down from there.
    static __global_base: u8;
}

/// The page's randomness.
struct PageRng;

impl TryRng for PageRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        // SAFETY: the slice is ours and as long as it says.
        unsafe { random(bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }
}

impl TryCryptoRng for PageRng {}

/// Makes a module; the page keeps its address for as long as it lives.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn start() -> *mut Module {
    Box::into_raw(Box::default())
}

/// Where the stack begins; below it lies what calls left behind, for the page to wipe.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn stack() -> usize {
    (&raw const __global_base).addr()
}

/// Memory for a request.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn alloc(length: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast()
}

/// Takes back what [`alloc`] or [`call`] gave, and wipes it.
///
/// # Safety
///
/// `start` came from one of the two with this length and was not given back.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn free(start: *mut u8, length: usize) {
    // SAFETY: both make boxed slices of bytes, and the caller gives the length of this one.
    drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(start, length)) });
}

/// Answers a request. The request is taken back; the answer is the caller's to give back.
///
/// # Safety
///
/// `module` came from [`start`], and `request` from [`alloc`] with this length; no other call runs.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn call(module: *mut Module, request: *mut u8, length: usize) -> *mut u8 {
    // SAFETY: there is one thread, and the caller says that nobody else has either of them.
    let (module, request) =
        unsafe { (&mut *module, Box::from_raw(ptr::slice_from_raw_parts_mut(request, length))) };
    let answer = module.call(&request, &mut PageRng);
    let mut framed = Vec::with_capacity(LENGTH + answer.len());
    framed.extend_from_slice(&u32::try_from(answer.len()).unwrap_or(u32::MAX).to_le_bytes());
    framed.extend_from_slice(&answer);
    Box::into_raw(framed.into_boxed_slice()).cast()
}

/// An allocator that wipes what is given back: what a person typed passes through many short-lived texts and lists.
struct Wiping(GlobalDlmalloc);

#[global_allocator]
static ALLOCATOR: Wiping = Wiping(GlobalDlmalloc);

// SAFETY: all is dlmalloc's; memory that is given back is ours until it was. `realloc` is the trait's own: a new piece, a copy,
// and the old one given back, so that it is wiped too.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller says.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller gives back a piece of this layout, which nobody uses any more.
        unsafe {
            slice::from_raw_parts_mut(start, layout.size()).zeroize();
            self.0.dealloc(start, layout);
        }
    }
}

/// Ends the module: the page gets an exception, says so, and loads it anew.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

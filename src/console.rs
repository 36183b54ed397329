//! GIVES THE PROGRAM OF WINDOWS the console that it was started from.
//!
//! Belongs to the binary: where its output goes. Does not belong here: what is printed (`cli`).

/// A program with windows has no console of its own, so that none opens beside the wall. Started from a terminal it takes that one:
/// it prints there and hears Ctrl+C. Call it first, before anything is printed.
#[cfg_attr(windows, expect(unsafe_code, reason = "no crate wraps `AttachConsole`"))]
pub fn take_that_of_the_terminal() {
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};
        // SAFETY: the call takes a number. It fails where there is no console, and then nothing is changed.
        let _ = unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
    }
}

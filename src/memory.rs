//! KEEPS MEMORY THAT NOBODY USES from piling up: that of streams that ended, and what the start took.
//!
//! Belongs to the binary: how the C library's allocator is told to behave. Does not belong here: who allocates what.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
use std::time::Duration;

/// The first look comes this long after the start, when fonts, texts and plug-ins are read; from one to the next it takes twice as long.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const FIRST: Duration = Duration::from_secs(5);
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MOST: Duration = Duration::from_secs(60);

/// Gives pages back to the system that hold nothing, now and then, for as long as the program runs.
///
/// glibc gives back what is free at the end of its heap alone. With 16 streams 1 to 2 MiB are free in between, most of it from the start;
/// a look takes less than a millisecond.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "no crate wraps `malloc_trim`")
)]
pub fn give_back_now_and_then() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let looks = || {
            let mut wait = FIRST;
            loop {
                std::thread::sleep(wait);
                wait = (2 * wait).min(MOST);
                // SAFETY: the call passes one integer and no pointer, and is safe in any thread (glibc manual: MT-Safe). It changes no
                // memory that somebody holds.
                let _ = unsafe { libc::malloc_trim(0) };
            }
        };
        let thread = std::thread::Builder::new().name("memory".to_owned());
        if let Err(error) = thread.stack_size(64 * 1_024).spawn(looks) {
            tracing::debug!(%error, "free memory stays where it is");
        }
    }
}

/// Call it first, before there is a second thread.
///
/// glibc gives threads arenas of their own, up to eight a core. Each stream that is opened anew takes about 1 MiB (the decoder's
/// context), on whichever thread builds it, so that site after site that drops and returns fills one arena after the other with
/// what is free but not given back. Measured with 64 streams that are opened again and again: 277 MiB grow to 600 MiB in a quarter
/// of an hour with 16 arenas, to 396 MiB with 4, to 340 MiB with 2, and stay below 290 MiB with one. Its one lock cost nothing that
/// could be measured with 16 tiles: pictures live in pools.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "no crate wraps `mallopt`")
)]
pub fn keep_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: the call passes two integers and no pointer, and changes nothing but the allocator's own parameters. The
        // glibc manual calls mallopt unsafe only while another thread allocates (MT-Unsafe const:mallopt), and `main` calls
        // this function before it does anything else, so that there is one thread. A refusal changes nothing: the program
        // then holds more memory.
        let _ = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}

//! KEEPS THE MEMORY OF STREAMS THAT ENDED from piling up.
//!
//! Belongs to the binary: how the C library's allocator is told to behave. Does not belong here: who allocates what.

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

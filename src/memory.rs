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
/// From here on what is in memory of the program's own file is what it runs.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SETTLED: Duration = Duration::from_secs(20);

/// Lets go of the program's own file where it is only read, code and constants: what the start alone needed stays away, and what runs comes
/// back from the system's cache page by page. Of 22 MiB some 8 are the start's.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "no crate walks the segments of a running program")]
fn let_go_of_own_code() {
    unsafe extern "C" fn of_the_program(
        info: *mut libc::dl_phdr_info,
        _size: usize,
        page: *mut libc::c_void,
    ) -> libc::c_int {
        let page = page as usize;
        // SAFETY: the linker hands out a valid description of an object, and holds its lock until this returns, so that the object stays.
        let (base, headers) = unsafe {
            let info = &*info;
            let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
            (info.dlpi_addr as usize, headers)
        };
        let read_only = headers
            .iter()
            .filter(|header| header.p_type == libc::PT_LOAD && header.p_flags & libc::PF_W == 0);
        for header in read_only {
            let begin = (base + header.p_vaddr as usize).next_multiple_of(page);
            let end = (base + header.p_vaddr as usize + header.p_filesz as usize) / page * page;
            if begin < end {
                // SAFETY: these pages are of a segment that nobody may write, so that they are as in the file, from where the system brings
                // them back when they are touched (madvise(2), MADV_DONTNEED of a mapped file). The program's own are never unmapped.
                let _ = unsafe { libc::madvise(begin as *mut libc::c_void, end - begin, libc::MADV_DONTNEED) };
            }
        }
        // The first object is the program itself (dl_iterate_phdr(3)); libraries are left alone, for some mend their code when they are loaded.
        1
    }
    // SAFETY: the call asks for a constant of the system.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    if let Ok(page) = usize::try_from(page) {
        // SAFETY: the function takes what the linker gives it and lets no panic out.
        unsafe { libc::dl_iterate_phdr(Some(of_the_program), page as *mut libc::c_void) };
    }
}

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
                if wait < SETTLED {
                    let_go_of_own_code();
                }
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

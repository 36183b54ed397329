//! Hears that the user of Windows logs off or shuts the computer down: windows alone are told, and a program of windows hears
//! nothing of it by its console. A window that is never shown listens.

use std::io;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::sync::watch;
use windows_sys::Win32::Foundation::{HWND, LPARAM, LRESULT, WPARAM};
use windows_sys::Win32::System::LibraryLoader::GetModuleHandleW;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DefWindowProcW, DispatchMessageW, GetMessageW, MSG, RegisterClassW, WM_ENDSESSION, WNDCLASSW,
};
use windows_sys::w;

/// Becomes true once the session ends. The system waits some seconds for this program then, and ends it.
///
/// # Errors
/// When there is no thread for the window.
pub(super) fn heard() -> io::Result<watch::Receiver<bool>> {
    let mut told = HEARD.get().map(watch::Sender::subscribe);
    if told.is_none() {
        told = Some(HEARD.get_or_init(|| watch::channel(false).0).subscribe());
        std::thread::Builder::new()
            .name("monomi-log-off".to_owned())
            .spawn(listen)?;
    }
    told.ok_or_else(|| io::Error::other("nobody listens"))
}

static HEARD: OnceLock<watch::Sender<bool>> = OnceLock::new();

/// As long as Windows waits for an answer before it asks the user whether to end the program by force.
const GRACE: Duration = Duration::from_secs(5);

#[expect(unsafe_code, reason = "no crate has a window without winit's loop")]
fn listen() {
    // SAFETY: the class and its name live as long as the program, the window and its messages stay on this thread, and `message`
    // outlives each call. A window that cannot be made leaves the program as deaf to a log-off as it was before.
    unsafe {
        let name = w!("MonomiLogOff");
        let class = WNDCLASSW {
            lpfnWndProc: Some(on_message),
            hInstance: GetModuleHandleW(null()),
            lpszClassName: name,
            ..WNDCLASSW::default()
        };
        RegisterClassW(&raw const class);
        let window = CreateWindowExW(
            0,
            name,
            name,
            0,
            0,
            0,
            0,
            0,
            null_mut(),
            null_mut(),
            class.hInstance,
            null(),
        );
        if window.is_null() {
            tracing::warn!(error = %io::Error::last_os_error(), "a log-off is not heard");
            return;
        }
        let mut message = MSG::default();
        while GetMessageW(&raw mut message, null_mut(), 0, 0) > 0 {
            DispatchMessageW(&raw const message);
        }
    }
}

#[expect(unsafe_code, reason = "Windows calls this function and gives what it takes")]
unsafe extern "system" fn on_message(window: HWND, message: u32, wparam: WPARAM, lparam: LPARAM) -> LRESULT {
    if message == WM_ENDSESSION && wparam != 0 {
        if let Some(heard) = HEARD.get() {
            heard.send_replace(true);
        }
        // Windows ends the program when this returns. The program ends by itself meanwhile, and this thread with it.
        std::thread::sleep(GRACE);
        return 0;
    }
    // SAFETY: the arguments are those that Windows gave, unchanged.
    unsafe { DefWindowProcW(window, message, wparam, lparam) }
}

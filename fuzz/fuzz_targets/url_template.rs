//! Any text is a path pattern or an error, and any text is an RTSP URL or an error; what they give is fit for a request line, and no
//! password is left in a path.
#![no_main]

use libfuzzer_sys::fuzz_target;
use device::{Brands, Credentials, Draft, Password, PasswordEdit, Registry, StreamKind, Template};

fuzz_target!(|data: &str| {
    if let Ok(template) = data.parse::<Template>() {
        assert_eq!(template.to_string().parse::<Template>().as_ref(), Ok(&template));
        let credentials = Credentials { user: data.to_owned(), password: Password::new(data) };
        for kind in [StreamKind::Main, StreamKind::Sub] {
            for path in [template.expand(16, kind, None), template.expand(u16::MAX, kind, Some(&credentials))] {
                assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path:?}");
            }
        }
    }
    for (_, draft) in Draft::readings(data) {
        if let PasswordEdit::Set(password) = &draft.password {
            let password = password.expose();
            if password.chars().count() >= 8 && password != draft.user && !data.contains('{') {
                let common = ["multicast", "streaming", "realmonitor"].contains(&password.to_lowercase().as_str());
                let is_name = draft.main_path.contains(&format!("{password}="));
                assert!(common || is_name || !draft.main_path.contains(password), "{}", draft.main_path);
            }
        }
    }
    if let Ok(draft) = Draft::from_url(data) {
        let draft = Draft { site: "s".to_owned(), ..draft };
        if let Ok(edit) = draft.parse(&Registry::default(), &Brands::default(), None) {
            let again = Draft::of(&edit.device, &Registry { sites: vec![edit.site], ..Registry::default() });
            assert_eq!((again.host, again.port, again.user), (edit.device.host.to_string(), edit.device.port.to_string(), edit.device.user));
        }
    }
});

//! Passwords that makers set, and that anybody tries first. They are compared with what is kept, and never tried at a device.

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordWarning {
    /// There is none.
    Empty,
    /// It is one that makers set.
    Default,
    /// It is short, or of digits alone, or the user's name.
    Weak,
}

impl PasswordWarning {
    /// For files and for scripts.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Default => "default",
            Self::Weak => "weak",
        }
    }
}

/// As makers' manuals have them; what is set by the person who installs it stands in none.
const DEFAULTS: &[&str] = &[
    "admin",
    "12345",
    "123456",
    "888888",
    "666666",
    "111111",
    "1111",
    "1234",
    "4321",
    "password",
    "pass",
    "root",
    "system",
    "user",
    "default",
    "admin123",
    "admin12345",
    "9999",
    "0000",
    "1111111",
    "12345678",
    "123456789",
    "00000000",
    "meinsm",
    "jvc",
    "ikwd",
    "fliradmin",
    "service",
    "supervisor",
    "ubnt",
    "wbox123",
    "tlJwpbo6",
    "hikadmin",
    "hik12345",
    "abc12345",
    "camera",
    "model",
    "1q2w3e4r",
];

/// What is wrong with this password; `None`: nothing that can be told.
#[must_use]
pub fn warning(user: &str, password: &str) -> Option<PasswordWarning> {
    if password.is_empty() {
        return Some(PasswordWarning::Empty);
    }
    if DEFAULTS.iter().any(|word| word.eq_ignore_ascii_case(password)) {
        return Some(PasswordWarning::Default);
    }
    let is_short = password.chars().count() < 8;
    let is_number = password.bytes().all(|byte| byte.is_ascii_digit());
    (is_short || is_number || password.eq_ignore_ascii_case(user)).then_some(PasswordWarning::Weak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_anybody_tries_first_are_known() {
        for (user, password, expected) in [
            ("admin", "", Some(PasswordWarning::Empty)),
            ("admin", "12345", Some(PasswordWarning::Default)),
            ("admin", "Admin", Some(PasswordWarning::Default)),
            ("admin", "kagi", Some(PasswordWarning::Weak)),
            ("admin", "3141592653", Some(PasswordWarning::Weak)),
            ("Yamada.Taro", "yamada.taro", Some(PasswordWarning::Weak)),
            ("admin", "物見櫓の上から海", None),
            ("admin", "k7!wallGreen", None),
        ] {
            assert_eq!(warning(user, password), expected, "{password}");
        }
    }
}

/// How often devices are asked that no tile shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckSettings {
    /// Minutes from one question to the next; 0: they are not asked.
    pub minutes: u32,
}

impl Default for CheckSettings {
    fn default() -> Self {
        Self { minutes: 10 }
    }
}

/// Limits that a user may lower, never raise: every value is clamped to its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Failed attempts a minute and site, whatever its state; 1 to [`Limits::CEILING_FAILED_PER_MINUTE`].
    pub site_failed_per_minute: u32,
    /// Connects in flight at once for a site in its ramp; 1 to 8.
    pub site_in_flight: u32,
    /// Connects in flight at once for the process; 1 to 8.
    pub process_in_flight: u32,
    /// Retry a refused sign-in every 30 min; off: only when the credentials change.
    pub slow_sign_in_retry: bool,
}

impl Limits {
    /// The ceiling in the program: no setting and no file raises it.
    pub const CEILING_FAILED_PER_MINUTE: u32 = 30;
    /// Failed attempts a minute and site once an outage is a minute old.
    pub const STEADY_FAILED_PER_MINUTE: u32 = 6;
    /// Connects in flight at once, for a site and for the process.
    pub const CEILING_IN_FLIGHT: u32 = 8;

    /// The same limits, each within 1 and its ceiling.
    #[must_use]
    pub fn clamped(self) -> Self {
        Self {
            site_failed_per_minute: self.site_failed_per_minute.clamp(1, Self::CEILING_FAILED_PER_MINUTE),
            site_in_flight: self.site_in_flight.clamp(1, Self::CEILING_IN_FLIGHT),
            process_in_flight: self.process_in_flight.clamp(1, Self::CEILING_IN_FLIGHT),
            slow_sign_in_retry: self.slow_sign_in_retry,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            site_failed_per_minute: 12,
            site_in_flight: 8,
            process_in_flight: 8,
            slow_sign_in_retry: false,
        }
    }
}

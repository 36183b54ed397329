//! What the events of the log are sorted by.

use crate::choice;

choice! {
    /// What an event has to do with: the log shows and searches by it.
    #[derive(PartialOrd, Ord)]
    enum Category {
        /// Whether the network, a site or a device is reached.
        Connection = "connection",
        /// The device itself: its power, its fans, its clock.
        Device = "device",
        /// Whether pictures come, and whether they show something.
        Video = "video",
        /// What a device sees in its pictures.
        Analytics = "analytics",
        InputOutput = "input-output",
        /// Disks and recordings of a device.
        Storage = "storage",
        /// Sign-ins, certificates, policy.
        Security = "security",
        /// What a person did in Monomi.
        User = "user",
        /// Monomi itself.
        Program = "program",
    }
}

choice! {
    /// How much an event wants of a person; later ones want more.
    #[derive(PartialOrd, Ord)]
    enum Severity {
        /// To be read later, if at all.
        Info = "info",
        /// To be looked at some time.
        Warning = "warning",
        /// An alert: to be looked at now.
        Alarm = "alarm",
    }
}

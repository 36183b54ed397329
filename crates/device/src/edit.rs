use super::{Device, DeviceId, Password, Site};

/// What to do with the stored password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PasswordEdit {
    #[default]
    Keep,
    Clear,
    Set(Password),
    /// Store the password of another device for this one as well.
    SameAs(DeviceId),
}

/// A device that may be saved, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEdit {
    /// The device's site, which may be new.
    pub site: Site,
    pub device: Device,
    pub password: PasswordEdit,
    /// The registered device as whoever edits it saw it, so that only what differs is changed: somebody else may have changed the
    /// rest since, or have removed the device. `None`: the device is saved as it is.
    pub before: Option<Box<Device>>,
}

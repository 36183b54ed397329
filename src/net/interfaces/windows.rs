//! The interfaces of Windows: those that are connected, with their addresses and gateways. An interface whose cable is out keeps its
//! address there, so that the addresses alone do not tell whether there is a network.

#![expect(
    unsafe_code,
    reason = "no crate tells of interfaces that are connected and of gateways"
)]

use std::ffi::c_void;
use std::io;
use std::net::IpAddr;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use windows_sys::Win32::Foundation::{
    ERROR_ADDRESS_NOT_ASSOCIATED, ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, HANDLE, NO_ERROR,
};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    CancelMibChangeNotify2, GAA_FLAG_INCLUDE_GATEWAYS, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_DNS_SERVER,
    GAA_FLAG_SKIP_FRIENDLY_NAME, GAA_FLAG_SKIP_MULTICAST, GetAdaptersAddresses, IF_TYPE_SOFTWARE_LOOPBACK,
    IP_ADAPTER_ADDRESSES_LH, IP_ADAPTER_NO_MULTICAST, MIB_IPFORWARD_ROW2, MIB_IPINTERFACE_ROW, MIB_NOTIFICATION_TYPE,
    MIB_UNICASTIPADDRESS_ROW, NotifyIpInterfaceChange, NotifyRouteChange2, NotifyUnicastIpAddressChange,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, IpDadStateDeprecated, SOCKADDR_IN, SOCKADDR_IN6, SOCKET_ADDRESS,
};

use super::{Interface, Interfaces, OwnAddress, Told, carries};

/// A change comes as a burst of calls; the interfaces are read once it is over.
const SETTLE: Duration = Duration::from_millis(150);

/// How often they are read although nothing was told: some drivers tell late, and some systems nothing.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// More than computers have; the system says what it needs where this is too small.
const ROOM_BYTES: usize = 16 * 1024;

pub(super) async fn follow(mut tell: impl FnMut(Told)) -> Result<(), String> {
    let changes = Changes::hear();
    loop {
        // Drivers are asked, which may take a while.
        let interfaces = tokio::task::spawn_blocking(read).await.map_err(|e| e.to_string())?;
        tell(Told::Interfaces(interfaces.map_err(|e| e.to_string())?));
        if tokio::time::timeout(LOOK_AGAIN, changes.told.notified()).await.is_ok() {
            tokio::time::sleep(SETTLE).await;
        }
    }
}

/// Hears of changes until it is dropped.
struct Changes {
    /// The system's threads notify it.
    told: Arc<Notify>,
    handles: Vec<Registration>,
}

/// What the system calls a registration.
struct Registration(HANDLE);

// SAFETY: the handle is a number by which any thread may end the registration.
unsafe impl Send for Registration {}

impl Changes {
    /// What the system refuses to tell is looked for instead ([`LOOK_AGAIN`]).
    fn hear() -> Self {
        let told = Arc::new(Notify::new());
        let context = Arc::as_ptr(&told).cast::<c_void>();
        let mut handles = Vec::new();
        let mut heard = |what: &str, register: &dyn Fn(*mut HANDLE) -> u32| {
            let mut handle = null_mut();
            match register(&raw mut handle) {
                NO_ERROR => handles.push(Registration(handle)),
                error => {
                    let error = io::Error::from_raw_os_error(error.cast_signed());
                    tracing::info!(what, %error, "the system does not tell of changes: they are looked for");
                }
            }
        };
        // SAFETY, for the three: `context` lives until the registrations have ended (`drop`), and `handle` outlives the call.
        heard("interfaces", &|handle| unsafe {
            NotifyIpInterfaceChange(AF_UNSPEC, Some(interface_changed), context, false, handle)
        });
        heard("addresses", &|handle| unsafe {
            NotifyUnicastIpAddressChange(AF_UNSPEC, Some(address_changed), context, false, handle)
        });
        heard("routes", &|handle| unsafe {
            NotifyRouteChange2(AF_UNSPEC, Some(route_changed), context, false, handle)
        });
        Self { told, handles }
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        for registration in self.handles.drain(..) {
            // SAFETY: the registration was made by `hear` and is ended once. The system returns when none of its calls is under way,
            // and only then `told` is freed.
            let _ = unsafe { CancelMibChangeNotify2(registration.0) };
        }
    }
}

unsafe extern "system" fn interface_changed(
    told: *const c_void,
    _: *const MIB_IPINTERFACE_ROW,
    _: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: it was registered with a `Notify` that lives as long as the registration.
    unsafe { notify(told) };
}

unsafe extern "system" fn address_changed(
    told: *const c_void,
    _: *const MIB_UNICASTIPADDRESS_ROW,
    _: MIB_NOTIFICATION_TYPE,
) {
    // SAFETY: as above.
    unsafe { notify(told) };
}

unsafe extern "system" fn route_changed(told: *const c_void, _: *const MIB_IPFORWARD_ROW2, _: MIB_NOTIFICATION_TYPE) {
    // SAFETY: as above.
    unsafe { notify(told) };
}

/// # Safety
/// `told` points to a living `Notify`.
unsafe fn notify(told: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { &*told.cast::<Notify>() }.notify_one();
}

/// The interfaces as they are now.
fn read() -> io::Result<Interfaces> {
    // The records in it begin at multiples of eight bytes.
    let mut room = vec![0_u64; ROOM_BYTES / 8];
    let flags = GAA_FLAG_INCLUDE_GATEWAYS
        | GAA_FLAG_SKIP_ANYCAST
        | GAA_FLAG_SKIP_MULTICAST
        | GAA_FLAG_SKIP_DNS_SERVER
        | GAA_FLAG_SKIP_FRIENDLY_NAME;
    loop {
        let mut size = u32::try_from(size_of_val(room.as_slice())).unwrap_or(u32::MAX);
        let first = room.as_mut_ptr().cast::<IP_ADAPTER_ADDRESSES_LH>();
        // SAFETY: `first` points to `size` bytes, and both outlive the call.
        match unsafe { GetAdaptersAddresses(AF_UNSPEC.into(), flags, null(), first, &raw mut size) } {
            // SAFETY: the system wrote its list there, or it is empty.
            NO_ERROR => return Ok(unsafe { listed(first) }),
            ERROR_NO_DATA | ERROR_ADDRESS_NOT_ASSOCIATED => return Ok(Interfaces::default()),
            ERROR_BUFFER_OVERFLOW => room.resize((size as usize).div_ceil(8).max(room.len() + 1), 0),
            error => return Err(io::Error::from_raw_os_error(error.cast_signed())),
        }
    }
}

/// # Safety
/// `first` begins a list of `GetAdaptersAddresses` that nobody changes meanwhile.
unsafe fn listed(first: *const IP_ADAPTER_ADDRESSES_LH) -> Interfaces {
    let mut found = Interfaces::default();
    let mut next = first;
    // SAFETY, here and for the lists below: each pointer of the list is null or points to a whole record of it.
    while let Some(adapter) = unsafe { next.as_ref() } {
        next = adapter.Next;
        if adapter.OperStatus != IfOperStatusUp || adapter.IfType == IF_TYPE_SOFTWARE_LOOPBACK {
            continue;
        }
        // SAFETY: each field of these unions is a plain number.
        let (index, flags) = unsafe { (adapter.Anonymous1.Anonymous.IfIndex, adapter.Anonymous2.Flags) };
        let mut interface = Interface {
            // It is 0 where the interface has no IPv4.
            index: if index == 0 { adapter.Ipv6IfIndex } else { index },
            v4: None,
            v6: false,
        };
        let mut unicast = adapter.FirstUnicastAddress.cast_const();
        while let Some(address) = unsafe { unicast.as_ref() } {
            unicast = address.Next;
            // An address that is not known to be free yet serves nothing.
            let usable = address.DadState >= IpDadStateDeprecated;
            let Some(ip) = unsafe { ip_of(&address.Address) }.filter(|ip| usable && !ip.is_loopback()) else {
                continue;
            };
            if carries(ip) {
                found.addresses.push(ip);
            }
            found.own.push(OwnAddress {
                interface: interface.index,
                ip,
                prefix: address.OnLinkPrefixLength,
                multicasts: flags & IP_ADAPTER_NO_MULTICAST == 0,
            });
            match ip {
                IpAddr::V4(ip) => interface.v4 = interface.v4.or(Some(ip)),
                IpAddr::V6(_) => interface.v6 = true,
            }
        }
        if flags & IP_ADAPTER_NO_MULTICAST == 0 && (interface.v4.is_some() || interface.v6) {
            found.multicast.push(interface);
        }
        let mut gateway = adapter.FirstGatewayAddress.cast_const();
        while let Some(address) = unsafe { gateway.as_ref() } {
            gateway = address.Next;
            found.gateways.extend(unsafe { ip_of(&address.Address) });
        }
    }
    for ips in [&mut found.addresses, &mut found.gateways] {
        ips.sort_unstable();
        ips.dedup();
    }
    found.multicast.sort_unstable();
    found.own.sort_unstable();
    found.own.dedup();
    found
}

/// # Safety
/// The address points to as many bytes as its family has.
unsafe fn ip_of(address: &SOCKET_ADDRESS) -> Option<IpAddr> {
    let sockaddr = address.lpSockaddr.cast_const();
    // SAFETY: the caller's promise; the bytes of an address may be read as any field of its union.
    unsafe {
        match sockaddr.as_ref()?.sa_family {
            AF_INET => Some(IpAddr::from(
                (*sockaddr.cast::<SOCKADDR_IN>()).sin_addr.S_un.S_addr.to_ne_bytes(),
            )),
            AF_INET6 => Some(IpAddr::from((*sockaddr.cast::<SOCKADDR_IN6>()).sin6_addr.u.Byte)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_told_first_is_what_the_system_has() {
        let (sender, mut told) = tokio::sync::mpsc::channel(8);
        let following = tokio::spawn(follow(move |now| drop(sender.try_send(now))));
        let Some(Told::Interfaces(first)) = told.recv().await else {
            panic!("nothing was told");
        };
        following.abort();
        assert_eq!(first, read().unwrap());
        assert!(
            first.addresses.iter().all(|ip| !ip.is_loopback() && carries(*ip)),
            "{first:?}"
        );
    }

    #[test]
    fn changes_can_be_heard_and_left_again() {
        let changes = Changes::hear();
        let told = Arc::downgrade(&changes.told);
        drop(changes);
        assert!(told.upgrade().is_none());
    }
}

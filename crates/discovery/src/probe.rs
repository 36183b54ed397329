//! The Probe of WS-Discovery (April 2005), by which devices are asked to name themselves.

/// Which of its two types a device is asked for. Some devices answer to one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProbeKind {
    /// `dn:NetworkVideoTransmitter` (ONVIF Core §7.3.2).
    Transmitter,
    /// `tds:Device`, which every ONVIF device has to have.
    Device,
}

impl ProbeKind {
    pub const ALL: [Self; 2] = [Self::Transmitter, Self::Device];
}

/// The identities of the two Probes of one find. A repeat has the identity of the first one, so that a device answers once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProbeIds {
    pub transmitter: u128,
    pub device: u128,
}

impl ProbeIds {
    /// The datagram. Without line breaks and with the usual prefixes, because there are devices that read no others.
    #[must_use]
    pub fn datagram(&self, kind: ProbeKind) -> String {
        let (id, prefix, namespace, name) = match kind {
            ProbeKind::Transmitter => (
                self.transmitter,
                "dn",
                "http://www.onvif.org/ver10/network/wsdl",
                "NetworkVideoTransmitter",
            ),
            ProbeKind::Device => (self.device, "tds", "http://www.onvif.org/ver10/device/wsdl", "Device"),
        };
        let id = uuid(id);
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
             xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
             xmlns:{prefix}=\"{namespace}\">\
             <s:Header><a:MessageID>uuid:{id}</a:MessageID>\
             <a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>\
             <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></s:Header>\
             <s:Body><d:Probe><d:Types>{prefix}:{name}</d:Types></d:Probe></s:Body></s:Envelope>"
        )
    }
}

/// A random UUID (RFC 9562 §5.4) of these bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf_u128 << 76) & !(0b11_u128 << 62) | (0x4_u128 << 76) | (0b10_u128 << 62);
    let hex = format!("{bits:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_one_line_with_one_type_and_fits_in_a_packet() {
        let ids = ProbeIds {
            transmitter: u128::MAX,
            device: 0,
        };
        let (one, other) = (ids.datagram(ProbeKind::Transmitter), ids.datagram(ProbeKind::Device));
        assert!(
            one.contains("<d:Types>dn:NetworkVideoTransmitter</d:Types>")
                && other.contains("<d:Types>tds:Device</d:Types>")
        );
        assert!(one.contains("uuid:ffffffff-ffff-4fff-bfff-ffffffffffff"));
        assert!(other.contains("uuid:00000000-0000-4000-8000-000000000000"));
        for text in [one, other] {
            assert!(
                !text.contains(['\n', '\r', '\t']) && !text.contains("> <") && text.len() < 1_200,
                "{text}"
            );
        }
    }
}

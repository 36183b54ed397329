//! What comes back: ProbeMatches, and the Hello of a device that has just started.

use std::net::IpAddr;

use onvif::{XmlElement, XmlLimits, XmlTree};

use super::scopes::{Scopes, as_text};
use device::{Identity, OnvifPlace};

/// The most devices that one datagram may name.
pub const MOST_ANSWERS: usize = 64;

/// The longest path of a service that is kept, in bytes.
const LONGEST_PATH: usize = 256;

/// One device, as it named itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeAnswer {
    pub identity: Identity,
    pub maker: Option<String>,
    pub model: Option<String>,
    pub name: Option<String>,
    /// Where its services are. The host is always the one that answered.
    pub place: Option<OnvifPlace>,
}

/// Reads what `from` sent: none, one or, from a proxy, several devices. What names neither types nor scopes of ONVIF, as printers do not, is left out.
#[must_use]
pub fn read_answers(datagram: &[u8], from: IpAddr) -> Vec<ProbeAnswer> {
    let Ok(document) = XmlTree::read(datagram, XmlLimits::DATAGRAM) else {
        return Vec::new();
    };
    let mut namespaces = Vec::new();
    let mut found = Vec::new();
    for element in document.top().below() {
        // The declaration stands on the element itself or above it, which comes earlier.
        for prefix in ["tds", "dn", "tdn", "onvif"] {
            if let Some(namespace) = element.attribute(prefix) {
                namespaces.push((prefix, namespace));
            }
        }
        namespaces.truncate(16);
        if matches!(element.name(), "ProbeMatch" | "Hello" | "ResolveMatch") {
            found.extend(read(element, &namespaces, from));
            if found.len() == MOST_ANSWERS {
                break;
            }
        }
    }
    found
}

fn read(element: XmlElement<'_>, namespaces: &[(&str, &str)], from: IpAddr) -> Option<ProbeAnswer> {
    let scopes = Scopes::read(element.text_of(&["Scopes"]).unwrap_or_default());
    let types = element.text_of(&["Types"]).unwrap_or_default();
    if !scopes.is_onvif && !types.split_whitespace().any(|one| is_of_onvif(one, namespaces)) {
        return None;
    }
    let endpoint = element.text_of(&["EndpointReference", "Address"]);
    let urls = element.text_of(&["XAddrs"]).unwrap_or_default();
    Some(ProbeAnswer {
        identity: Identity::new(endpoint, scopes.serial.as_deref(), scopes.mac),
        maker: scopes.maker(),
        model: scopes.hardware,
        name: scopes.name,
        place: choose(urls, from),
    })
}

/// Printers are a `Device`, too, of another namespace (`wsdp`).
fn is_of_onvif(name: &str, namespaces: &[(&str, &str)]) -> bool {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    match local {
        "NetworkVideoTransmitter" | "NetworkVideoStorage" | "NetworkVideoDisplay" | "NetworkVideoAnalytics" => true,
        "Device" => {
            let declared = namespaces.iter().find(|(of, _)| *of == prefix);
            declared.map_or(prefix == "tds", |(_, namespace)| namespace.contains("www.onvif.org"))
        }
        _ => false,
    }
}

/// The first of these URLs that has `from` as its host; without one the first URL, of which only port and path count. Devices name addresses that are of no
/// use here: link-local ones, those behind a router, 0.0.0.0.
fn choose(urls: &str, from: IpAddr) -> Option<OnvifPlace> {
    let mut read = urls.split_whitespace().take(32).filter_map(place).peekable();
    let first = read.peek().map(|(_, place)| place.clone());
    let own = read.find(|(host, _)| *host == Some(from.to_canonical()));
    own.map(|(_, place)| place).or(first)
}

/// The host of a URL, where it is an address, and the rest.
fn place(url: &str) -> Option<(Option<IpAddr>, OnvifPlace)> {
    let (scheme, rest) = url.split_once("://")?;
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.rsplit('@').next().unwrap_or(authority);
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            (host, rest.strip_prefix(':'))
        }
        None => match authority.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            Some(_) => (authority, None),
            None => (authority, None),
        },
    };
    let port = match port {
        None | Some("") => {
            if secure {
                443
            } else {
                80
            }
        }
        Some(port) => port.parse().ok().filter(|port| *port > 0)?,
    };
    let is_clean = path.len() <= LONGEST_PATH && path.bytes().all(|byte| byte.is_ascii_graphic());
    let path = if is_clean && !path.is_empty() {
        path
    } else {
        "/onvif/device_service"
    };
    // A zone means something to the device alone.
    let host = host.split('%').next().unwrap_or(host);
    let host = host.parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    Some((
        host,
        OnvifPlace {
            secure,
            port,
            path: as_text(path).map_or_else(String::new, |_clean| path.to_owned()),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FROM: &str = "192.168.1.20";

    fn told(datagram: &str) -> Vec<ProbeAnswer> {
        read_answers(datagram.as_bytes(), FROM.parse().unwrap())
    }

    fn place_in(urls: &str) -> Option<(bool, u16, String)> {
        let text = format!("<ProbeMatch><Types>dn:NetworkVideoTransmitter</Types><XAddrs>{urls}</XAddrs></ProbeMatch>");
        told(&text)[0]
            .place
            .clone()
            .map(|place| (place.secure, place.port, place.path))
    }

    #[test]
    fn an_answer_says_who_it_is() {
        let text = r#"<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:wsadis="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns:dn="http://www.onvif.org/ver10/network/wsdl">
<env:Header><wsadis:RelatesTo>uuid:1</wsadis:RelatesTo></env:Header>
<env:Body><d:ProbeMatches><d:ProbeMatch><wsadis:EndpointReference><wsadis:Address>urn:uuid:1419D68A-1DD2-11B2-A105-4419B6001122</wsadis:Address></wsadis:EndpointReference>
<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>
<d:Scopes>onvif://www.onvif.org/hardware/DS-7608NI onvif://www.onvif.org/name/HIKVISION%20DS-7608NI onvif://www.onvif.org/MAC/44:19:b6:00:11:22</d:Scopes>
<d:XAddrs>http://169.254.3.4/onvif/device_service http://192.168.1.20:8899/onvif/device_service http://[fe80::1]/onvif/device_service</d:XAddrs>
<d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></env:Body></env:Envelope>"#;
        let answers = told(text);
        let [answer] = answers.as_slice() else {
            panic!("{answers:?}")
        };
        assert_eq!(
            answer.identity.endpoint.as_deref(),
            Some("1419d68a-1dd2-11b2-a105-4419b6001122")
        );
        assert_eq!(answer.identity.mac.unwrap().to_string(), "44:19:b6:00:11:22");
        assert_eq!(
            (answer.maker.as_deref(), answer.model.as_deref()),
            (Some("HIKVISION"), Some("DS-7608NI"))
        );
        assert_eq!(answer.place.as_ref().unwrap().port, 8_899);
    }

    #[test]
    fn the_place_is_that_of_who_answered() {
        let usual = |port| Some((false, port, "/onvif/device_service".to_owned()));
        for (urls, place) in [
            (
                "http://10.0.0.1:81/a http://192.168.1.20:82/b",
                Some((false, 82, "/b".to_owned())),
            ),
            (
                "http://10.0.0.1:81/a http://172.16.0.1/b",
                Some((false, 81, "/a".to_owned())),
            ),
            ("http://0.0.0.0", usual(80)),
            (
                "https://[::ffff:192.168.1.20]:8443/x http://192.168.1.20/y",
                Some((true, 8_443, "/x".to_owned())),
            ),
            ("ftp://192.168.1.20/ http://[fe80::1%25eth0]:90", usual(90)),
            ("http://user:pass@192.168.1.20/x", Some((false, 80, "/x".to_owned()))),
            ("http://192.168.1.20:0/x http://192.168.1.20:99999/x nonsense", None),
            ("", None),
        ] {
            assert_eq!(place_in(urls), place, "{urls}");
        }
        let long = format!("http://192.168.1.20/{}", "x".repeat(5_000));
        assert_eq!(place_in(&long), usual(80));
    }

    #[test]
    fn printers_and_other_things_are_left_out() {
        for text in [
            r#"<e xmlns:wsdp="http://schemas.xmlsoap.org/ws/2006/02/devprof"><ProbeMatch><Types>wsdp:Device wprt:PrintDeviceType</Types><Scopes>ldap:///o=x</Scopes></ProbeMatch></e>"#,
            r#"<e xmlns:tds="http://example.jp/printers"><ProbeMatch><Types>tds:Device</Types></ProbeMatch></e>"#,
            "<ProbeMatch><Types>Device</Types></ProbeMatch>",
            "<Probe><Types>dn:NetworkVideoTransmitter</Types></Probe>",
            "<ProbeMatches/>",
            "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\n\r\n",
            "",
        ] {
            assert_eq!(told(text), [], "{text}");
        }
        assert_eq!(told("<Hello><Types>tds:Device</Types></Hello>").len(), 1);
        assert_eq!(
            told("<a><ProbeMatch><Scopes>onvif://www.onvif.org/name/x</Scopes>").len(),
            1
        );
    }

    #[test]
    fn one_datagram_names_a_bounded_number_of_devices_in_bounded_time() {
        let one = "<ProbeMatch><Types>tds:Device</Types></ProbeMatch>";
        assert_eq!(told(&one.repeat(500)).len(), MOST_ANSWERS);
        let urls = "http://1.2.3.4/ ".repeat(3_000);
        assert!(place_in(&urls).is_some());
        assert_eq!(told(&"<a>".repeat(20_000)), []);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_too_much(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2_000)) {
            let mut text = b"<ProbeMatch><Types>tds:Device</Types><Scopes>".to_vec();
            text.extend(bytes);
            for answer in read_answers(&text, FROM.parse().unwrap()) {
                let length = answer.name.map_or(0, |name| name.chars().count());
                proptest::prop_assert!(length <= 100);
            }
        }
    }
}

//! Which addresses deliveries may reach: public ones, and those that the operator allows.

use std::net::{IpAddr, Ipv4Addr};

use super::cidr::Cidr;

/// IPv4 ranges that are not public: IANA's registry of special-purpose addresses, and one that a cloud took.
const CLOSED_V4: [Cidr; 16] = [
    Cidr::v4([0, 0, 0, 0], 8),
    Cidr::v4([10, 0, 0, 0], 8),
    Cidr::v4([100, 64, 0, 0], 10),
    Cidr::v4([127, 0, 0, 0], 8),
    // Public by its number, but inside Azure it is the host's own service.
    Cidr::v4([168, 63, 129, 16], 32),
    // Here most clouds give out a machine's credentials.
    Cidr::v4([169, 254, 0, 0], 16),
    Cidr::v4([172, 16, 0, 0], 12),
    Cidr::v4([192, 0, 0, 0], 24),
    Cidr::v4([192, 0, 2, 0], 24),
    Cidr::v4([192, 88, 99, 0], 24),
    Cidr::v4([192, 168, 0, 0], 16),
    Cidr::v4([198, 18, 0, 0], 15),
    Cidr::v4([198, 51, 100, 0], 24),
    Cidr::v4([203, 0, 113, 0], 24),
    Cidr::v4([224, 0, 0, 0], 4),
    Cidr::v4([240, 0, 0, 0], 4),
];

/// Only here are IPv6 addresses public. So loopback, link-local, unique local, site-local, multicast, discard, local
/// NAT64 and whatever is assigned one day need no line of their own.
const OPEN_V6: Cidr = Cidr::v6(0x2000, 0, 3);

/// What is not public in [`OPEN_V6`].
const CLOSED_V6: [Cidr; 3] = [
    // Protocol assignments: Teredo, benchmarking, ORCHID.
    Cidr::v6(0x2001, 0, 23),
    Cidr::v6(0x2001, 0x0db8, 32),
    Cidr::v6(0x3fff, 0, 20),
];

/// Decides which addresses are dialled.
#[derive(Debug)]
pub(super) struct Guard {
    /// What may be reached although it is not public.
    pub(super) allow: Vec<Cidr>,
}

impl Guard {
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        let allowed = |address| self.allow.iter().any(|range| range.contains(address));
        is_public(address) || allowed(address) || embedded(address).is_some_and(allowed)
    }
}

/// Whether `address` is one that anybody on the internet can reach, rather than only this machine or its network.
pub(crate) fn is_public(address: IpAddr) -> bool {
    let in_any = |ranges: &[Cidr]| ranges.iter().any(|range| range.contains(address));
    match (address, embedded(address)) {
        (IpAddr::V4(_), _) => !in_any(&CLOSED_V4),
        (IpAddr::V6(_), Some(inner)) => is_public(inner),
        (IpAddr::V6(_), None) => OPEN_V6.contains(address) && !in_any(&CLOSED_V6),
    }
}

/// The IPv4 address that an IPv6 address leads to, where it is only a wrapping.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(address) = address else { return None };
    let (high, low) = match address.segments() {
        // IPv4-mapped; NAT64, by which hosts without IPv4 reach all that is public; 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x0064, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, _, _, _, _, _] => (high, low),
        // IPv4-compatible; `::` and `::1` are not.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => (high, low),
        _ => return None,
    };
    Some(IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for (addresses, expected) in [
            ("1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0", true),
            ("168.63.129.15 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0", true),
            ("192.88.98.255 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.114.0 223.255.255.255", true),
            ("0.0.0.0 0.1.2.3 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.100.100.200 100.127.255.255", false),
            ("127.0.0.1 127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.0 172.31.255.255", false),
            (
                "192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255",
                false,
            ),
            ("198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.254 255.255.255.255", false),
            // Plain IPv6.
            (
                "2606:4700::1111 2a00:1450::1 2001:200::1 2001:4860:4860::8888 2001:db7:ffff::1 2001:db9::1 3ffe::1",
                true,
            ),
            (":: ::1 fc00::1 fdff::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1", false),
            ("100::1 2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 3fff::1 3fff:fff::1 4000::1 5f00::1", false),
            ("64:ff9b:1::1 64:ff9b:1:ffff::808:808 2001:0:808:808::1", false),
            // IPv4 within IPv6: mapped, compatible, 6to4, NAT64.
            ("::ffff:8.8.8.8 ::8.8.8.8 2002:808:808::1 64:ff9b::8.8.8.8", true),
            ("::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0.0.0.0", false),
            ("::127.0.0.1 ::10.0.0.1 ::169.254.169.254 ::0.0.0.1", false),
            ("2002:7f00:1::1 2002:a00:1:: 2002:a9fe:a9fe::1 2002:c0a8:101::", false),
            ("64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254", false),
        ] {
            for address in addresses.split(' ') {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
            }
        }
    }

    #[test]
    fn what_is_allowed_is_allowed_in_every_wrapping() {
        let guard = Guard { allow: ["127.0.0.0/8", "fd00::/8"].map(|range| range.parse().unwrap()).to_vec() };
        for (address, expected) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("::127.0.0.1", true),
            ("2002:7f00:1::1", true),
            ("64:ff9b::127.0.0.1", true),
            ("fd00::1", true),
            ("8.8.8.8", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("::1", false),
            ("fe80::1", false),
        ] {
            assert_eq!(guard.permits(address.parse().unwrap()), expected, "{address}");
        }
        let any = Guard { allow: vec!["0.0.0.0/0".parse().unwrap()] };
        assert!(any.permits("10.0.0.1".parse().unwrap()) && !any.permits("::1".parse().unwrap()));
    }
}

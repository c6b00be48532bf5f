//! Options as bytes, as many as the client takes (RFC 2131 §4.1, RFC 2132 §9.3, RFC 3396).
//!
//! They come most needed first. What does not fit into the options of the packet goes into `sname` and `file`, where those
//! are empty (option 52); what does not fit there either is left out. Nothing needed is lost for something that is not.

/// Ends the options of each place.
const END: u8 = 255;

/// Bytes of option 52 itself.
const OVERLOAD: usize = 3;

/// Length of the header field `sname`.
pub(super) const SNAME: usize = 64;

/// Length of the header field `file`.
pub(super) const FILE: usize = 128;

/// Options, most needed first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Options(Vec<(u8, Vec<u8>)>);

/// Where options went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Laid {
    /// After the cookie, without the end mark.
    pub(super) main: Vec<u8>,
    /// In `sname`, if anything.
    pub(super) sname: Vec<u8>,
    /// In `file`, if anything.
    pub(super) file: Vec<u8>,
}

/// The places of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// Bytes after the cookie.
    pub(super) main: usize,
    /// Whether `file` holds no boot file.
    pub(super) is_file_free: bool,
}

impl Options {
    /// Adds an option, less needed than those before. One without a value says nothing and is left out.
    pub(super) fn add(&mut self, code: u8, value: impl Into<Vec<u8>>) {
        let value = value.into();
        if !value.is_empty() {
            self.0.push((code, value));
        }
    }

    /// Puts each option where there is room.
    pub(super) fn lay(&self, room: Room) -> Laid {
        let all: usize = self.0.iter().map(|(_, value)| length(value)).sum();
        let mut laid = Laid::default();
        // One byte of each place is its end mark.
        let fits = all < room.main;
        let main = room.main - 1 - if fits { 0 } else { OVERLOAD };
        let file = if room.is_file_free { FILE - 1 } else { 0 };
        for (code, value) in &self.0 {
            let places = [
                (&mut laid.main, main),
                (&mut laid.sname, SNAME - 1),
                (&mut laid.file, file),
            ];
            let mut places = places.into_iter();
            let found = places.find(|(place, size)| place.len() + length(value) <= *size);
            if let Some((place, _)) = found {
                write(place, *code, value);
            }
        }
        laid.overload();
        laid
    }
}

impl Laid {
    fn overload(&mut self) {
        let places = u8::from(!self.file.is_empty()) + 2 * u8::from(!self.sname.is_empty());
        if places != 0 {
            // RFC 3396 §8 reads `file` and `sname` after the options, wherever option 52 stands among them.
            self.main.extend([52, 1, places]);
        }
        for place in [&mut self.sname, &mut self.file] {
            if !place.is_empty() {
                place.push(END);
            }
        }
    }
}

/// Bytes that a value takes, cut into parts of at most 255.
fn length(value: &[u8]) -> usize {
    value.len() + 2 * value.len().div_ceil(255)
}

fn write(place: &mut Vec<u8>, code: u8, value: &[u8]) {
    for part in value.chunks(255) {
        place.push(code);
        // Parts are at most 255 bytes.
        place.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
        place.extend_from_slice(part);
    }
}

/// Domain names to look short names up in (RFC 3397, RFC 1035 §3.1), without compression.
pub(super) fn names<'a>(domains: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for domain in domains {
        for label in domain.split('.').filter(|label| !label.is_empty()) {
            // Labels have at most 63 bytes: the word type of domains holds them to that.
            bytes.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
    }
    bytes
}

/// Routes with as many bytes of the subnet as its prefix needs (RFC 3442).
pub(super) fn routes<'a>(routes: impl Iterator<Item = &'a inventory::dhcp::Route>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for route in routes {
        let prefix = route.to.prefix_len();
        bytes.push(prefix);
        let network = route.to.network().octets();
        bytes.extend_from_slice(&network[..usize::from(prefix).div_ceil(8)]);
        bytes.extend_from_slice(&route.via.octets());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(options: &[(u8, usize)]) -> Options {
        let mut all = Options::default();
        for (code, length) in options {
            all.add(*code, vec![*code; *length]);
        }
        all
    }

    const ROOM: Room = Room {
        main: 60,
        is_file_free: true,
    };

    fn codes(place: &[u8]) -> Vec<u8> {
        let mut codes = Vec::new();
        let mut rest = place;
        while let [code, length, more @ ..] = rest {
            codes.push(*code);
            rest = &more[usize::from(*length)..];
        }
        codes
    }

    #[test]
    fn what_fits_stays_together_and_what_does_not_goes_into_the_header() {
        let laid = of(&[(1, 20), (2, 20), (3, 13)]).lay(ROOM);
        assert_eq!((laid.main.len(), laid.sname.len()), (59, 0));
        let laid = of(&[(1, 20), (2, 20), (3, 14)]).lay(ROOM);
        assert_eq!(codes(&laid.main), [1, 2, 52]);
        assert_eq!(laid.main.last(), Some(&2));
        assert_eq!(codes(&laid.sname[..laid.sname.len() - 1]), [3]);
    }

    #[test]
    fn the_least_needed_is_left_out() {
        let room = Room {
            is_file_free: false,
            ..ROOM
        };
        let laid = of(&[(1, 50), (2, 60), (3, 60), (4, 100)]).lay(room);
        assert_eq!(
            (codes(&laid.main), codes(&laid.sname[..62])),
            (vec![1, 52], vec![2])
        );
        assert!(laid.file.is_empty());
        let laid = of(&[(1, 50), (2, 60), (3, 60), (4, 100)]).lay(ROOM);
        assert_eq!(codes(&laid.file[..62]), [3]);
        assert_eq!(laid.main.last(), Some(&3));
    }

    #[test]
    fn a_long_value_is_cut_into_parts() {
        let laid = of(&[(121, 300)]).lay(Room { main: 400, ..ROOM });
        assert_eq!(codes(&laid.main), [121, 121]);
        assert_eq!(laid.main.len(), 304);
    }

    #[test]
    fn names_and_routes_are_written_as_their_rfcs_say() {
        assert_eq!(names(["a.bc", "d"].into_iter()), b"\x01a\x02bc\0\x01d\0");
        let given = ["10.9.0.0/16 via 10.0.10.253", "0.0.0.0/0 via 10.0.10.254"];
        let parsed: Vec<_> = given.iter().map(|text| text.parse().unwrap()).collect();
        let bytes = routes(parsed.iter());
        assert_eq!(bytes, [16, 10, 9, 10, 0, 10, 253, 0, 10, 0, 10, 254]);
    }
}

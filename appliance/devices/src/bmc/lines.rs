//! A console's bytes as lines that may be shown to anybody: what would move a cursor, change a title or hide text in the
//! reader's terminal is taken out. Pure; bounded whatever is sent.

/// Longest line, bytes; what is longer goes on in the next line.
const LINE_MAX: usize = 240;
/// Longest string of a terminal command (title, clipboard). One that never ends must not swallow the text behind it.
const STRING_MAX: usize = 256;

/// Where in a terminal's language (ECMA-48) the bytes are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Text,
    /// After ESC, and after its intermediate bytes.
    Escape,
    /// After CSI (ESC `[`).
    Control,
    /// In a string that ST or BEL ends, so many bytes long by now.
    String(usize),
}

/// Turns bytes into lines, in whatever pieces they come.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    within: Within,
    /// A carriage return came last: the next byte tells whether the line ends or is written anew.
    returned: bool,
    line: Vec<u8>,
}

impl Lines {
    /// The lines that `bytes` end, without empty ones.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut ended = Vec::new();
        for byte in bytes {
            self.take(*byte, &mut ended);
        }
        ended
    }

    /// The line that has not ended yet, if there is anything in it: a panic or a prompt ends none.
    pub fn rest(&self) -> Option<String> {
        harmless(&self.line)
    }

    fn take(&mut self, byte: u8, ended: &mut Vec<String>) {
        match (self.within, byte) {
            // CAN and SUB end every sequence, ESC begins a new one (ECMA-48, and every terminal since the VT100).
            (_, 0x18 | 0x1a) => self.within = Within::Text,
            (_, 0x1b) => self.within = Within::Escape,
            // A line break is one in any state: rather one sequence read wrongly than a line lost.
            (_, b'\n') => self.end(ended),
            (Within::Text, byte) => self.text(byte, ended),
            (Within::Escape, byte) => self.within = after_escape(byte),
            (Within::Control, byte) => self.control(byte, ended),
            (Within::String(_), 0x07) => self.within = Within::Text,
            (Within::String(length), _) if length >= STRING_MAX => self.within = Within::Text,
            (Within::String(length), _) => self.within = Within::String(length + 1),
        }
    }

    fn text(&mut self, byte: u8, ended: &mut Vec<String>) {
        match byte {
            b'\r' => self.returned = true,
            0x08 => drop(self.line.pop()),
            b'\t' => self.write(b' ', ended),
            0x00..0x20 | 0x7f => {}
            byte => self.write(byte, ended),
        }
    }

    fn write(&mut self, byte: u8, ended: &mut Vec<String>) {
        // A progress bar draws over itself: only its last state is told.
        if std::mem::take(&mut self.returned) {
            self.line.clear();
        }
        // Bytes 10xxxxxx continue a character (RFC 3629): none is cut in two.
        if self.line.len() >= LINE_MAX && byte & 0xc0 != 0x80 {
            self.end(ended);
        }
        if self.line.len() < LINE_MAX + 4 {
            self.line.push(byte);
        }
    }

    /// Parameters and intermediate bytes until the final one. Firmware that paints a screen places the cursor instead of
    /// ending lines.
    fn control(&mut self, byte: u8, ended: &mut Vec<String>) {
        match byte {
            0x20..0x40 => {}
            b'H' | b'f' | b'd' | b'E' | b'F' => self.end(ended),
            _ => self.within = Within::Text,
        }
    }

    fn end(&mut self, ended: &mut Vec<String>) {
        self.within = Within::Text;
        self.returned = false;
        ended.extend(harmless(&self.line));
        self.line.clear();
    }
}

fn after_escape(byte: u8) -> Within {
    match byte {
        b'[' => Within::Control,
        // DCS, SOS, OSC, PM, APC.
        b'P' | b'X' | b']' | b'^' | b'_' => Within::String(0),
        0x20..0x30 => Within::Escape,
        _ => Within::Text,
    }
}

/// The text of a line, or nothing if there is none. What is no UTF-8 (line drawing of old firmware) becomes a dot.
fn harmless(line: &[u8]) -> Option<String> {
    let text: String = String::from_utf8_lossy(line)
        .chars()
        .filter(|sign| !is_hidden(*sign))
        .map(|sign| {
            if sign == char::REPLACEMENT_CHARACTER {
                '.'
            } else {
                sign
            }
        })
        .collect();
    let text = text.trim_end();
    (!text.trim_start().is_empty()).then(|| text.to_owned())
}

/// Controls, and signs that have no width or turn the direction of writing (UAX #9): a line must read as it is.
fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut all = lines.push(text);
        all.extend(lines.rest());
        all
    }

    #[test]
    fn a_console_reads_as_a_person_saw_it() {
        let table: [(&str, &[u8], &[&str]); 15] = [
            ("lines", b"one\r\ntwo\n", &["one", "two"]),
            (
                "firmware that writes it the other way round",
                b"one\n\rtwo\n\r",
                &["one", "two"],
            ),
            (
                "a line without end",
                b"Kernel panic - not syncing",
                &["Kernel panic - not syncing"],
            ),
            ("empty lines", b"a\r\n\r\n   \r\nb", &["a", "b"]),
            ("colours", b"\x1b[1;31mred\x1b[0m text", &["red text"]),
            (
                "a screen painted by cursor",
                b"\x1b[2J\x1b[1;1HBIOS\x1b[24;80HPress F2",
                &["BIOS", "Press F2"],
            ),
            ("a progress bar", b"10%\r20%\r100%\n", &["100%"]),
            ("a return before the end of line", b"text\r\r\n", &["text"]),
            ("a backspace", b"tex\x08st", &["test"]),
            ("a title, ended by BEL", b"\x1b]0;evil\x07text", &["text"]),
            (
                "a clipboard, ended by ST",
                b"\x1b]52;c;ZXZpbA==\x1b\\text",
                &["text"],
            ),
            ("a character set", b"\x1b(Btext\x1b=", &["text"]),
            ("a tab", b"a\tb", &["a b"]),
            ("bytes that are no UTF-8", b"\xc9\xcd text", &[".. text"]),
            (
                "writing from right to left, and C1 controls",
                "a\u{202e}b\u{9b}31mc".as_bytes(),
                &["ab31mc"],
            ),
        ];
        for (name, bytes, wanted) in table {
            assert_eq!(lines(bytes), wanted, "{name}");
        }
    }

    #[test]
    fn a_string_without_end_swallows_a_piece_and_no_line() {
        assert_eq!(lines(b"\x1b]0;evil\nnext line"), ["next line"]);
        let mut long = b"\x1b]0;".to_vec();
        long.extend([b'x'; STRING_MAX - 1]);
        long.extend(b"text");
        assert_eq!(lines(&long), ["text"]);
    }

    #[test]
    fn a_line_without_end_goes_on_in_the_next() {
        let text = "あ".repeat(LINE_MAX);
        let all = lines(text.as_bytes());
        assert_eq!(all.concat(), text);
        assert!(all.iter().all(|line| line.len() <= LINE_MAX + 3), "{all:?}");
    }

    proptest! {
        #[test]
        fn whatever_is_sent_in_whatever_pieces_no_line_has_a_control(
            bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(0x1b), Just(b'[')], 0..2000),
            cut in 0usize..2000,
        ) {
            let cut = cut.min(bytes.len());
            let mut pieces = Lines::default();
            let mut all = pieces.push(&bytes[..cut]);
            all.extend(pieces.push(&bytes[cut..]));
            all.extend(pieces.rest());
            prop_assert_eq!(&all, &lines(&bytes));
            for line in &all {
                prop_assert!(!line.chars().any(is_hidden) && !line.trim().is_empty());
                prop_assert!(line.chars().count() <= LINE_MAX + 4, "{}", line.len());
            }
        }
    }
}

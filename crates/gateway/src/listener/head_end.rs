//! Finds the end of a request's head: the empty line (RFC 9112 §2.1), in whatever pieces it comes.

/// What has been seen of a head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum HeadEnd {
    /// Nothing but empty lines, which may stand before a request (RFC 9112 §2.2).
    #[default]
    Before,
    /// Somewhere in a line.
    InLine,
    /// At the start of a line.
    LineStart,
    /// All of it.
    Seen,
}

impl HeadEnd {
    pub(super) fn is_seen(self) -> bool {
        self == Self::Seen
    }

    /// Goes on with the next bytes; what follows the head is not looked at.
    pub(super) fn look(&mut self, mut bytes: &[u8]) {
        while let Some((byte, rest)) = bytes.split_first() {
            (*self, bytes) = match (*self, byte) {
                (Self::Seen, _) => return,
                (Self::Before, b'\r' | b'\n') => (Self::Before, rest),
                (Self::LineStart, b'\r') => (Self::LineStart, rest),
                (Self::LineStart, b'\n') => (Self::Seen, rest),
                _ => match memchr::memchr(b'\n', bytes) {
                    Some(end) => (Self::LineStart, &bytes[end + 1..]),
                    None => (Self::InLine, &[][..]),
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_seen(pieces: &[&str]) -> bool {
        let mut head = HeadEnd::default();
        pieces.iter().for_each(|piece| head.look(piece.as_bytes()));
        head.is_seen()
    }

    #[test]
    fn the_empty_line_ends_it_however_it_is_cut() {
        let head = "GET / HTTP/1.1\r\nHost: farol\r\n\r\n";
        for cut in 0..head.len() {
            assert!(is_seen(&[&head[..cut], &head[cut..]]), "{cut}");
            assert!(!is_seen(&[&head[..cut]]), "{cut}");
        }
        assert!(is_seen(&["GET / HTTP/1.1\n\n"]), "lines may end without a carriage return");
    }

    #[test]
    fn empty_lines_before_it_are_not_its_end() {
        assert!(!is_seen(&["\r\n\r\n\r\n"]));
        assert!(is_seen(&["\r\n\r\nGET / HTTP/1.1\r\n\r\nbody"]));
    }
}

//! The tokens of administrators who come over the network.

/// Characters of the shortest token: guessing one must be hopeless, because nothing slows guesses down.
const CHARS_MIN: usize = 20;

/// What lets an administrator in. Only digests are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens(Vec<blake3::Hash>);

/// Why a list of tokens cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTokens {
    /// It holds none.
    #[error("there is no token in it")]
    Empty,
    /// One is easy to guess.
    #[error("the token in line {line} is shorter than {CHARS_MIN} characters")]
    Short {
        /// Counted from 1.
        line: usize,
    },
    /// One could never be sent in a header.
    #[error("the token in line {line} holds a character that no header can carry")]
    Character {
        /// Counted from 1.
        line: usize,
    },
}

impl Tokens {
    /// Reads a file of tokens: one a line, so that an old one works until everybody has the new one. Lines that are empty or
    /// begin with `#` say nothing.
    ///
    /// # Errors
    /// There is none, or one is not what it may be.
    pub fn read(text: &str) -> Result<Self, InvalidTokens> {
        let mut tokens = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let (token, line) = (line.trim(), index + 1);
            if token.is_empty() || token.starts_with('#') {
                continue;
            }
            if token.chars().count() < CHARS_MIN {
                return Err(InvalidTokens::Short { line });
            }
            if !token.chars().all(|c| c.is_ascii_graphic()) {
                return Err(InvalidTokens::Character { line });
            }
            tokens.push(blake3::hash(token.as_bytes()));
        }
        if tokens.is_empty() {
            return Err(InvalidTokens::Empty);
        }
        Ok(Self(tokens))
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this is one of them. Digests are compared, all of them and each in constant time, so the time taken says
    /// nothing of how much of a guess was right.
    pub fn know(&self, token: &str) -> bool {
        let asked = blake3::hash(token.as_bytes());
        self.0
            .iter()
            .fold(false, |known, each| known | (*each == asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_token_and_nothing_else_is_one() {
        let text = "# old\nold-token-0123456789\n\n  new-token-0123456789 \n";
        let tokens = Tokens::read(text).unwrap();
        let known = |token| tokens.know(token);
        assert!(known("old-token-0123456789") && known("new-token-0123456789"));
        assert!(!known("# old") && !known("") && !known("old-token-012345678"));
        assert!(!Tokens::default().know(""));
    }

    #[test]
    fn a_token_that_protects_nothing_is_named_by_its_line() {
        assert_eq!(Tokens::read("\n# none\n"), Err(InvalidTokens::Empty));
        assert_eq!(
            Tokens::read("# first\nsecret\n"),
            Err(InvalidTokens::Short { line: 2 })
        );
        assert_eq!(
            Tokens::read("слово-которое-не-пройдёт\n"),
            Err(InvalidTokens::Character { line: 1 })
        );
    }
}

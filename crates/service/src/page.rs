//! Pages by keyset: a token is the last key and a hash of the filter it belongs to.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mall_domain::{RefusalKind, Refused, Uuid};
use mall_persistence::Error;

/// The largest page.
const MOST: i32 = 100;
/// The page where none was asked for.
const DEFAULT: i32 = 20;

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows.
    pub size: i64,
    /// The last key of the page before; `None` for the first page.
    pub after: Option<Uuid>,
}

impl Page {
    /// Reads `pageSize` (1 to 100; 20 where it is not given) and `pageToken`, which must be of a list with this `filter`.
    pub fn parse(size: Option<i32>, token: &str, filter: &str) -> Result<Self, Error> {
        let size = size.unwrap_or(DEFAULT);
        if !(1..=MOST).contains(&size) {
            return Err(invalid(
                "pageSize",
                "PAGE_SIZE_OUT_OF_RANGE",
                format!("pageSize must be 1 to {MOST}, not {size}"),
            ));
        }
        let after = if token.is_empty() { None } else { Some(read_token(token, filter)?) };
        Ok(Self { size: i64::from(size), after })
    }

    /// How many rows to ask for: one more than the page, which tells whether there is a next one.
    pub fn limit(&self) -> i64 {
        self.size + 1
    }

    /// Cuts `rows` to the page; gives the token of the next one, empty where this is the last.
    pub fn cut<T>(&self, rows: &mut Vec<T>, filter: &str, key: impl Fn(&T) -> Uuid) -> String {
        let size = usize::try_from(self.size).expect("a page is small");
        if rows.len() <= size {
            return String::new();
        }
        rows.truncate(size);
        rows.last().map_or_else(String::new, |last| token(key(last), filter))
    }
}

/// The token of the page after the key `last`.
pub fn token(last: Uuid, filter: &str) -> String {
    let mut bytes = last.as_bytes().to_vec();
    bytes.extend_from_slice(&fingerprint(filter));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_token(token: &str, filter: &str) -> Result<Uuid, Error> {
    let broken =
        || invalid("pageToken", "INVALID_PAGE_TOKEN", "pageToken is not one that this list has given".to_owned());
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| broken())?;
    match bytes.split_at_checked(16) {
        Some((key, hash)) if hash == fingerprint(filter) => Uuid::from_slice(key).map_err(|_| broken()),
        _ => Err(broken()),
    }
}

/// FNV-1a, 64 bits: tells filters apart, hides nothing.
fn fingerprint(filter: &str) -> [u8; 8] {
    let hash = filter
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    hash.to_be_bytes()
}

fn invalid(field: &'static str, reason: &str, text: String) -> Error {
    Error::Refused(Refused { kind: RefusalKind::Invalid, reason: reason.to_owned(), text, field: Some(field) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_the_next_page_of_its_own_list_only() {
        let mut rows = vec![Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];
        let page = Page::parse(Some(2), "", "stores").expect("a page");
        let next = page.cut(&mut rows, "stores", |id| *id);
        assert_eq!(rows.len(), 2);
        assert_eq!(Page::parse(None, &next, "stores").expect("our token").after, Some(Uuid::from_u128(2)));
        for (token, filter) in [(next.as_str(), "products"), ("nonsense", "stores"), ("!", "stores")] {
            assert!(Page::parse(None, token, filter).is_err(), "{token}");
        }
    }

    #[test]
    fn a_page_has_1_to_100_rows() {
        for size in [0, -1, 101] {
            assert!(Page::parse(Some(size), "", "").is_err(), "{size}");
        }
        assert_eq!(Page::parse(None, "", "").expect("the default").size, 20);
    }
}

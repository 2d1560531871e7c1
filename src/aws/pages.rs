//! Listings that are read page by page where the SDK has no paginator.
//!
//! May depend on `model`. Invariant: a listing ends, also where AWS names the same next page again and
//! again.

use crate::model::{Fault, FaultClass};

/// The most pages of one listing; no account has so much of anything that is listed.
const PAGES_MAX: usize = 1000;

/// How far a listing is.
#[derive(Debug, Default)]
pub struct Pages<T> {
    read: usize,
    last: Option<T>,
}

impl<T: Clone + PartialEq> Pages<T> {
    /// Where the next page begins, where AWS says that there is one.
    ///
    /// # Errors
    /// A fault where the listing would not end.
    pub fn next(&mut self, operation: &str, next: Option<T>) -> Result<Option<T>, Fault> {
        self.read += 1;
        let is_endless = self.read >= PAGES_MAX || self.last == next;
        if next.is_some() && is_endless {
            let message = format!("AWS's listing does not end after {} pages", self.read);
            return Err(Fault::own(FaultClass::Rejected, operation, message));
        }
        self.last.clone_from(&next);
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_ends() {
        let mut pages = Pages::default();
        assert_eq!(pages.next("a:List", Some(1)), Ok(Some(1)));
        assert_eq!(pages.next("a:List", Some(2)), Ok(Some(2)));
        assert_eq!(pages.next("a:List", None), Ok(None));
    }

    #[test]
    fn a_page_that_is_named_again_is_not_read_again() {
        let mut pages = Pages::default();
        assert_eq!(pages.next("a:List", Some(1)), Ok(Some(1)));
        let fault = pages.next("a:List", Some(1)).expect_err("an end");
        assert_eq!(fault.class, FaultClass::Rejected);
        assert!(fault.message.contains("after 2 pages"), "{fault}");
    }

    #[test]
    fn pages_are_not_read_for_ever() {
        let mut pages = Pages::default();
        let read = (0..).take_while(|page| pages.next("a:List", Some(*page)).is_ok());
        assert!(read.count() < PAGES_MAX);
    }
}

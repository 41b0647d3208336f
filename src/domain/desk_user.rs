//! Who may use the front desk's page, and what they may do there.

use std::collections::BTreeSet;

/// What a user may do. A later role may do everything that an earlier one may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything and changes nothing.
    Look,
    /// Works at the front desk.
    Desk,
    /// Also pauses sending, confirms held changes, decides about uncertain texts, and lifts opt-outs.
    Manager,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 3] = [Role::Look, Role::Desk, Role::Manager];

    /// The code in the store and on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Role::Look => "look",
            Role::Desk => "desk",
            Role::Manager => "manager",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.code() == code)
    }
}

/// The locations whose patients a user sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scope {
    /// All of them.
    #[default]
    All,
    /// These; `None` stands for the practice itself.
    Only(BTreeSet<Option<String>>),
}

impl Scope {
    /// Whether a user with this scope sees an appointment at this location (`None`: at the practice itself).
    pub(crate) fn sees(&self, location: Option<&str>) -> bool {
        match self {
            Scope::All => true,
            Scope::Only(own) => own.iter().any(|one| one.as_deref() == location),
        }
    }

    /// Whether it is all locations.
    pub(crate) fn is_all(&self) -> bool {
        *self == Scope::All
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskUser {
    /// The name to log in with; it is also the name in the audit.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// Whose patients the user sees.
    pub scope: Scope,
}

/// Checks a name to log in with, and returns it as it is stored. `Err`: what is wrong with it.
pub(crate) fn user_name(text: &str) -> Result<String, &'static str> {
    let name = text.trim().to_lowercase();
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
    match name.chars().count() {
        1..=40 if is_plain => Ok(name),
        _ => Err("a user name has up to 40 letters, digits, dots, hyphens or underscores"),
    }
}

/// The shortest password.
pub(crate) const SHORTEST_PASSWORD: usize = 10;
/// The longest password, in bytes, so that nobody can keep the server busy with one.
pub(crate) const LONGEST_PASSWORD: usize = 512;

/// Checks a new password (NIST SP 800-63B, 5.1.1.2: a length, no rules about its letters). `Err`: what is wrong with it.
pub(crate) fn new_password(text: &str, name: &str) -> Result<(), &'static str> {
    let letters: BTreeSet<char> = text.chars().collect();
    match text {
        _ if text.chars().count() < SHORTEST_PASSWORD => Err("a password has at least 10 characters"),
        _ if text.len() > LONGEST_PASSWORD => Err("this password is too long"),
        _ if text.to_lowercase().contains(name) && name.len() > 2 => Err("a password does not contain the user's name"),
        _ if letters.len() < 4 => Err("a password needs more different characters"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_stored_in_lowercase() {
        assert_eq!(user_name(" Kim.Lee "), Ok("kim.lee".to_owned()));
        assert_eq!(user_name("José"), Ok("josé".to_owned()));
        for bad in ["", " ", "a b", "kim@desk", "a/b", "<b>", &"x".repeat(41), "a\nb", "\u{202e}kim"] {
            assert!(user_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_password_is_long_and_not_the_name() {
        assert_eq!(new_password("correct horse", "kim"), Ok(()));
        for bad in ["short", "kim-kim-kim-7", "aaaaaaaaaaaaaa", "123123123123", &"xyzw".repeat(200)] {
            assert!(new_password(bad, "kim").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_scope_of_one_location_hides_the_others() {
        let south = Scope::Only([Some("south".to_owned())].into());
        assert!(south.sees(Some("south")) && !south.sees(None) && !south.sees(Some("north")));
        assert!(Scope::All.sees(None) && Scope::Only([None].into()).sees(None));
    }
}

//! What rules do, as words: tables that are given at run time name it.

/// An enum whose variants are also words. A word is its variant's own name, so
/// the two cannot drift apart; it is spoken with a small first letter.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$item:meta])* $variant:ident $(($($held:ty),+))?,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name { $($(#[$item])* $variant $(($($held),+))?,)* }

        impl $name {
            /// Every variant's name; without the variant where it holds more
            /// than a word can say.
            pub const WORDS: &'static [(&'static str, Option<$name>)] =
                &[$((stringify!($variant), words!(@$name $variant $(($($held),+))?)),)*];
        }
    };
    (@$name:ident $variant:ident) => { Some($name::$variant) };
    (@$name:ident $variant:ident ($($held:ty),+)) => { None };
}
pub(super) use words;

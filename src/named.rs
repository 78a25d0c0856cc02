//! Enums whose values have a name in output: declared as a table of variant, name and meaning.

/// Declares such an enum, its `ALL`, and the method that yields the name:
/// `pub enum Color, name { Red "red" "The colour of a stop."; }`.
macro_rules! named_enum {
    ($(#[$meta:meta])* $vis:vis enum $type:ident, $method:ident {
        $($variant:ident $name:literal $about:literal;)*
    }) => {
        $(#[$meta])*
        $vis enum $type {
            $(#[doc = $about] $variant,)*
        }

        impl $type {
            /// Every value, in the order of declaration.
            #[allow(dead_code, reason = "not each of these enums is listed somewhere")]
            $vis const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// Its name in output.
            $vis const fn $method(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

//! Stored words of model enums.

/// A stored word for each variant of a model enum; a new variant refuses to compile until it has one.
macro_rules! words {
    ($row:ident for $model:ident: $($variant:ident),+) => {
        #[derive(Serialize, Deserialize)]
        pub(super) enum $row { $($variant),+ }

        impl From<$model> for $row {
            fn from(value: $model) -> Self {
                match value { $($model::$variant => Self::$variant),+ }
            }
        }

        impl From<$row> for $model {
            fn from(row: $row) -> Self {
                match row { $($row::$variant => Self::$variant),+ }
            }
        }
    };
}

pub(super) use words;

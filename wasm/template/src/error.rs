// Why a rendering ended without a text.

/// The numbers are part of the interface to the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Syntax = 1,
    Undefined = 2,
    Security = 3,
    Runtime = 4,
    Limit = 5,
}

#[derive(Clone, Debug)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
}

pub type Res<T> = Result<T, Error>;

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error {
            kind,
            message: message.into(),
        }
    }
    pub fn syntax(message: impl Into<String>) -> Error {
        Error::new(Kind::Syntax, message)
    }
    pub fn undefined(message: impl Into<String>) -> Error {
        Error::new(Kind::Undefined, message)
    }
    pub fn security(message: impl Into<String>) -> Error {
        Error::new(Kind::Security, message)
    }
    pub fn runtime(message: impl Into<String>) -> Error {
        Error::new(Kind::Runtime, message)
    }
    pub fn limit(message: impl Into<String>) -> Error {
        Error::new(Kind::Limit, message)
    }
}

/// `Err` of a run-time error with a formatted message.
#[macro_export]
macro_rules! fail {
    ($($arg:tt)*) => { return Err($crate::error::Error::runtime(format!($($arg)*))) };
}

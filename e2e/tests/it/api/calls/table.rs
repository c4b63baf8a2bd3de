//! What each RPC is asked, and how it answers: at least once well, and every way in which it is refused.
//!
//! `"<product>"` is the id of a product that is made for the call ([`World`](super::world::World) knows how). A bad call
//! is the first good one with some fields replaced. What is wrong with any id, amount or page is not said here.

mod orders;
mod shop;

use serde_json::Value;

/// One RPC.
pub(super) struct Row {
    /// `StoresService.GetStore`.
    pub(super) rpc: &'static str,
    /// Requests with their answers; the first is the pattern of the bad ones.
    pub(super) good: Vec<(Value, Value)>,
    pub(super) bad: Vec<Bad>,
    /// Of a list in pages: what must be there, and the request that then finds two entries.
    pub(super) pages: Option<(Value, Value)>,
}

/// A request that is refused.
pub(super) struct Bad {
    pub(super) patch: Value,
    pub(super) code: Code,
    /// `None` where the domain has a name of its own for it.
    pub(super) reason: Option<&'static str>,
    /// The field to blame.
    pub(super) field: Option<String>,
}

/// The codes that callers cause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Code {
    InvalidArgument,
    NotFound,
    AlreadyExists,
    FailedPrecondition,
}

pub(super) fn rows() -> Vec<Row> {
    [shop::stores(), shop::products(), shop::customers(), shop::baskets(), orders::rows()]
        .into_iter()
        .flatten()
        .collect()
}

impl Code {
    pub(super) fn of(code: tonic::Code) -> Self {
        match code {
            tonic::Code::InvalidArgument => Self::InvalidArgument,
            tonic::Code::NotFound => Self::NotFound,
            tonic::Code::AlreadyExists => Self::AlreadyExists,
            tonic::Code::FailedPrecondition => Self::FailedPrecondition,
            other => panic!("no caller causes {other:?}"),
        }
    }

    pub(super) fn number(self) -> i32 {
        match self {
            Self::InvalidArgument => 3,
            Self::NotFound => 5,
            Self::AlreadyExists => 6,
            Self::FailedPrecondition => 9,
        }
    }

    /// As `google.rpc.code` maps them.
    pub(super) fn http(self) -> u16 {
        match self {
            Self::InvalidArgument | Self::FailedPrecondition => 400,
            Self::NotFound => 404,
            Self::AlreadyExists => 409,
        }
    }
}

impl Bad {
    pub(super) fn invalid(patch: Value, reason: &'static str, field: &str) -> Self {
        Self { patch, code: Code::InvalidArgument, reason: Some(reason), field: Some(field.to_owned()) }
    }
}

fn call(rpc: &'static str) -> Row {
    Row { rpc, good: Vec::new(), bad: Vec::new(), pages: None }
}

impl Row {
    fn good(mut self, request: Value, answer: Value) -> Self {
        self.good.push((request, answer));
        self
    }

    fn invalid(mut self, patch: Value, reason: &'static str, field: &str) -> Self {
        self.bad.push(Bad::invalid(patch, reason, field));
        self
    }

    fn refused(self, patch: Value, reason: &'static str) -> Self {
        self.bad(patch, Code::FailedPrecondition, reason)
    }

    fn exists(self, patch: Value, reason: &'static str) -> Self {
        self.bad(patch, Code::AlreadyExists, reason)
    }

    /// Beside the ids in paths, which every walk tries.
    fn not_found(self, patch: Value) -> Self {
        self.bad(patch, Code::NotFound, "NOT_FOUND")
    }

    fn bad(mut self, patch: Value, code: Code, reason: &'static str) -> Self {
        self.bad.push(Bad { patch, code, reason: Some(reason), field: None });
        self
    }

    fn pages(mut self, needs: Value, request: Value) -> Self {
        self.pages = Some((needs, request));
        self
    }
}

//! What the fleet declares: every RPC with its route, and what the comments in `/proto` say of it.

use mall_proto::google::api::{FieldBehavior, HttpRule, http_rule::Pattern};
use prost_reflect::{DescriptorPool, FieldDescriptor, FileDescriptor, MethodDescriptor};
use reqwest::Method;

/// An RPC and the one route that stands for it.
#[derive(Clone, Debug)]
pub struct Rpc {
    pub method: MethodDescriptor,
    pub verb: Method,
    /// As declared: `/api/stores/{store_id}/products`.
    pub path: String,
}

/// All declarations, with their comments.
pub fn pool() -> DescriptorPool {
    DescriptorPool::decode(mall_proto::DOCUMENTED_DESCRIPTOR_SET).expect("made by a build script")
}

/// Every RPC of the fleet, in the order of their contexts and declarations.
pub fn rpcs(pool: &DescriptorPool) -> Vec<Rpc> {
    let http = pool.get_extension_by_name("google.api.http").expect("it is imported");
    let services = pool.services().filter(|service| service.full_name().starts_with("mallbots."));
    let methods = services.flat_map(|service| service.methods().collect::<Vec<_>>());
    let rpcs = methods.map(|method| {
        let options = method.options();
        let rule = options.get_extension(&http);
        let rule: HttpRule = rule.as_message().expect("a message").transcode_to().expect("the same message");
        let (verb, path) = match rule.pattern {
            Some(Pattern::Get(path)) => (Method::GET, path),
            Some(Pattern::Post(path)) => (Method::POST, path),
            Some(Pattern::Put(path)) => (Method::PUT, path),
            Some(Pattern::Delete(path)) => (Method::DELETE, path),
            other => unreachable!("{}: a test of mall-proto forbids {other:?}", method.full_name()),
        };
        Rpc { method, verb, path }
    });
    rpcs.collect()
}

impl Rpc {
    /// `StoresService.GetStore`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.method.parent_service().name(), self.method.name())
    }

    /// `stores`.
    pub fn context(&self) -> String {
        let package = self.method.parent_service().package_name().to_owned();
        package.split('.').nth(1).expect("mallbots.<context>.v1").to_owned()
    }

    /// Whether its request comes as a body, as opposed to a query.
    pub fn has_body(&self) -> bool {
        matches!(self.verb, Method::POST | Method::PUT)
    }

    /// Whether a field of the request is part of the path.
    pub fn is_in_path(&self, field: &FieldDescriptor) -> bool {
        self.path.contains(&format!("{{{}}}", field.name()))
    }
}

/// Whether a request without the field is refused. What is in the path is always there, and is not said to be.
pub fn is_required(field: &FieldDescriptor) -> bool {
    const REQUIRED: i32 = FieldBehavior::Required as i32;
    let behavior = field.parent_pool().get_extension_by_name("google.api.field_behavior").expect("it is imported");
    let options = field.options();
    let found = options.get_extension(&behavior);
    found.as_list().is_some_and(|all| all.iter().any(|one| one.as_enum_number() == Some(REQUIRED)))
}

/// The comment above the declaration at `path` (as descriptors count it); empty where there is none.
pub fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref();
    let location = info.and_then(|info| info.location.iter().find(|location| location.path == path));
    let text = location.map(|location| location.leading_comments()).unwrap_or_default();
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}

# A password for each secret of an environment, as a deployment would make them; always the same.

variable "name" {
  type = string
}

locals {
  services = [for service in yamldecode(file("${path.module}/../../../proto/topology.yaml")).services : service.name]
  names = concat(
    flatten([for service in local.services : ["${var.name}/${service}/database", "${var.name}/${service}/migration"]]),
    [for user in concat(local.services, ["admin"]) : "AmazonMSK_${var.name}_${user}"],
  )
}

output "passwords" {
  value = { for name in local.names : name => substr(sha256(name), 0, 32) }
}

output "services" {
  value = local.services
}

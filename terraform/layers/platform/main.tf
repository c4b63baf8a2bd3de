# What the cluster brings to every workload: secrets as files, certificates, figures, alarms.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
  backend "s3" {
    key = "platform.tfstate"
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "mallbots", environment = var.environment, layer = "platform" }
  }
}

variable "environment" {
  type = string
}

variable "region" {
  type = string
}

variable "infra" {
  description = "What the layer below says of itself: `terraform output -json`, without its wrapping."
  type = object({
    name    = string
    cluster = object({ name = string, arn = string, security_group_id = string })
    network = object({ private_subnet_ids = list(string) })
    keys    = object({ data = string, logs = string })
  })
}

locals {
  topology = yamldecode(file("${path.module}/../../../proto/topology.yaml"))
  # The same alerts as in the chart, and what they take from the topology.
  alerts = yamldecode(file("${path.module}/../../../helm/mallbots/files/alerts.yaml"))
  declared = {
    name = "mallbots-topology"
    rules = concat(
      [for service in local.topology.services : { record = "mall:service:declared", expr = "vector(1)", labels = { service = service.name } }],
      [for topic in local.topology.topics : { record = "mall:topic:declared", expr = "vector(1)", labels = { topic = topic.name, owner = topic.owner } }],
    )
  }

  # Add-ons of EKS; its automatic mode brings the rest. Their settings are JSON.
  addons = {
    # Secrets Manager as files; also as Secrets for who measures lag, and read again when a password changes.
    aws-secrets-store-csi-driver-provider = { secrets-store-csi-driver = { syncSecret = { enabled = true }, enableSecretRotation = true } }
    cert-manager                          = {}
    metrics-server                        = {}
  }
}

resource "aws_eks_addon" "this" {
  for_each = local.addons

  cluster_name                = var.infra.cluster.name
  addon_name                  = each.key
  configuration_values        = length(each.value) > 0 ? jsonencode(each.value) : null
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

module "observability" {
  source = "../../modules/observability"

  name              = var.infra.name
  cluster_arn       = var.infra.cluster.arn
  subnet_ids        = var.infra.network.private_subnet_ids
  security_group_id = var.infra.cluster.security_group_id
  rules             = yamlencode({ groups = concat([local.declared], local.alerts.groups) })
  key_arn           = var.infra.keys.data
  log_key_arn       = var.infra.keys.logs
}

output "alarms_arn" {
  description = "Subscribe who is on call."
  value       = module.observability.alarms_arn
}

output "workspace_id" {
  value = module.observability.workspace_id
}

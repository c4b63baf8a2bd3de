# What a mall stands on: a network, a cluster, Kafka, PostgreSQL, a registry, and the passwords between them.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
  # `terraform init -backend-config=../../environments/<environment>.s3.tfbackend`: encrypted, locked by a file beside it.
  backend "s3" {
    key = "infra.tfstate"
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "mallbots", environment = var.environment, layer = "infra" }
  }
}

locals {
  name      = "mallbots-${var.environment}"
  protected = var.environment == "prod"
  topology  = yamldecode(file("${path.module}/../../../proto/topology.yaml"))
  services  = [for service in local.topology.services : service.name]
}

module "data_key" {
  source = "../../modules/key"

  name     = "${local.name}-data"
  purpose  = "What ${local.name} stores: databases, topics, secrets, images"
  services = ["delivery.logs.amazonaws.com"]
}

module "log_key" {
  source = "../../modules/key"

  name     = "${local.name}-logs"
  purpose  = "What ${local.name} logs"
  services = ["logs.${var.region}.amazonaws.com"]
}

module "network" {
  source = "../../modules/network"

  name         = local.name
  cidr         = var.cidr
  zones        = var.zones
  nat_per_zone = var.nat_per_zone
  log_key_arn  = module.log_key.arn
}

module "eks" {
  source = "../../modules/eks"

  name               = local.name
  kubernetes_version = var.kubernetes_version
  vpc_id             = module.network.vpc_id
  cidr               = module.network.cidr
  subnet_ids         = module.network.private_subnet_ids
  admins             = var.admins
  viewers            = var.viewers
  key_arn            = module.data_key.arn
  log_key_arn        = module.log_key.arn
}

module "kafka" {
  source = "../../modules/kafka"

  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = module.eks.security_group_id
  kafka_version            = var.kafka.version
  instance_type            = var.kafka.instance_type
  volume_gib               = var.kafka.volume_gib
  key_arn                  = module.data_key.arn
  log_key_arn              = module.log_key.arn
  scram_secret_arns        = [for name in keys(local.kafka_secrets) : module.secrets.arns[name]]
}

module "postgres" {
  source = "../../modules/postgres"

  name                     = local.name
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  client_security_group_id = module.eks.security_group_id
  engine_version           = var.postgres.version
  capacity                 = var.postgres.capacity
  readers                  = var.postgres.readers
  backup_days              = var.postgres.backup_days
  protected                = local.protected
  key_arn                  = module.data_key.arn
  log_key_arn              = module.log_key.arn
}

module "registry" {
  source = "../../modules/registry"

  name      = local.name
  images    = toset(concat(local.services, ["mall"]))
  kept      = 50
  deletable = !local.protected
  key_arn   = module.data_key.arn
}

# What production stands on is neither destroyed nor replaced, whatever a plan says: this would have to go first.
resource "terraform_data" "protection" {
  count = local.protected ? 1 : 0

  triggers_replace = [module.eks.arn, module.kafka.arn, module.postgres.arn]

  lifecycle {
    prevent_destroy = true
  }
}

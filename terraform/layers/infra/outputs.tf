output "name" {
  value = local.name
}

output "region" {
  value = var.region
}

output "services" {
  value = local.services
}

output "cluster" {
  value = {
    name              = module.eks.name
    arn               = module.eks.arn
    security_group_id = module.eks.security_group_id
    service_cidr      = module.eks.service_cidr
  }
}

output "network" {
  value = {
    cidr               = module.network.cidr
    private_subnet_ids = module.network.private_subnet_ids
  }
}

output "keys" {
  value = { data = module.data_key.arn, logs = module.log_key.arn }
}

output "kafka" {
  value = { arn = module.kafka.arn, bootstrap = module.kafka.bootstrap }
}

output "postgres" {
  value = { host = module.postgres.host, master_secret_arn = module.postgres.master_secret_arn }
}

output "registry" {
  value = module.registry.registry
}

output "secret_arns" {
  description = "By name; the values are nowhere but in Secrets Manager."
  value       = module.secrets.arns
}

output "secret_names" {
  description = "What `passwords` has to have."
  value       = concat(keys(local.database_secrets), keys(local.kafka_secrets))
}

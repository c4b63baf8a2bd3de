# Two roles for each service (its own, and that of its tables' owner), a name on Kafka for each, and one for who makes
# topics. The values are ephemeral: see modules/secrets.

locals {
  # What a pod finds as a file. The bundle of Amazon's authorities is in a ConfigMap that the deployment makes.
  address = "${module.postgres.host}:5432"
  url     = { for service in local.services : service => "${local.address}/${service}?sslmode=verify-full&sslrootcert=/secrets/database-ca/ca.crt" }

  database_secrets = merge(
    { for service in local.services : "${local.name}/${service}/database" => jsonencode({
      url      = "postgres://${service}:PASSWORD@${local.url[service]}"
      password = "PASSWORD"
    }) },
    { for service in local.services : "${local.name}/${service}/migration" => jsonencode({
      url      = "postgres://${service}_schema:PASSWORD@${local.url[service]}"
      password = "PASSWORD"
    }) },
  )
  # MSK wants this beginning of the name, and these keys.
  kafka_secrets = {
    for user in concat(local.services, ["admin"]) :
    "AmazonMSK_${local.name}_${user}" => jsonencode({ username = user, password = "PASSWORD" })
  }
}

module "secrets" {
  source = "../../modules/secrets"

  secrets    = merge(local.database_secrets, local.kafka_secrets)
  passwords  = var.passwords
  generation = var.password_generation
  deletable  = !local.protected
  key_arn    = module.data_key.arn
}

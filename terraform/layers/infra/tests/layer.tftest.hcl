# The environments as they are written, and what they may not be.

mock_provider "aws" {
  source = "../../testing/aws"
}

override_module {
  target  = module.eks
  outputs = { name = "mallbots-test", arn = "arn:aws:eks:eu-central-1:123456789012:cluster/mock", security_group_id = "sg-nodes", service_cidr = "172.20.0.0/16" }
}

variables {
  environment        = "dev"
  region             = "eu-central-1"
  zones              = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  cidr               = "10.99.0.0/16"
  nat_per_zone       = true
  kubernetes_version = "1.34"
  admins             = ["arn:aws:iam::123456789012:role/admin"]
  kafka              = { version = "4.1.x.kraft", instance_type = "kafka.m7g.large", volume_gib = 100 }
  postgres           = { version = "17.6", capacity = { min = 1, max = 4 }, readers = 1, backup_days = 14 }
}

run "dev" {
  module {
    source = "../../testing/passwords"
  }
  variables {
    name = "mallbots-dev"
  }
}

run "prod" {
  module {
    source = "../../testing/passwords"
  }
  variables {
    name = "mallbots-prod"
  }
}

run "secrets_are_the_topologys" {
  variables {
    passwords = run.dev.passwords
  }

  assert {
    condition     = toset(output.services) == toset(run.dev.services)
    error_message = "services differ from the topology"
  }
  assert {
    condition     = toset(output.secret_names) == toset(keys(run.dev.passwords)) && length(output.secret_names) == 28
    error_message = "nine services need two database roles and one name on Kafka each, and an administrator"
  }
  assert {
    condition     = length(terraform_data.protection) == 0
    error_message = "dev cannot be taken down"
  }
  assert {
    condition     = toset(keys(output.secret_arns)) == toset(output.secret_names)
    error_message = "a secret has no value"
  }
}

run "production_can_be_made" {
  command = plan
  variables {
    environment = "prod"
    passwords   = run.prod.passwords
  }

  assert {
    condition     = length(terraform_data.protection) == 1
    error_message = "prod can be destroyed"
  }
}

run "an_unknown_environment_is_refused" {
  command = plan
  variables {
    environment = "production"
    passwords   = run.dev.passwords
  }
  expect_failures = [var.environment]
}

run "production_with_one_of_each_is_refused" {
  command = plan
  variables {
    environment  = "prod"
    passwords    = run.prod.passwords
    nat_per_zone = false
    postgres     = { version = "17.6", capacity = { min = 1, max = 4 }, readers = 0, backup_days = 7 }
  }
  expect_failures = [var.nat_per_zone, var.postgres]
}

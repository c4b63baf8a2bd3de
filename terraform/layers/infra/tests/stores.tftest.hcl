# Kafka, PostgreSQL, the registry, secrets: private, encrypted, protected.

mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name                     = "mallbots-test"
  vpc_id                   = "vpc-1"
  subnet_ids               = ["subnet-1", "subnet-2", "subnet-3"]
  client_security_group_id = "sg-nodes"
  key_arn                  = "arn:aws:kms:eu-central-1:123456789012:key/data"
  log_key_arn              = "arn:aws:kms:eu-central-1:123456789012:key/log"
}

run "kafka_is_private_and_encrypted_and_knows_its_clients" {
  module {
    source = "../../modules/kafka"
  }
  variables {
    kafka_version     = "4.1.x.kraft"
    instance_type     = "kafka.m7g.large"
    volume_gib        = 100
    scram_secret_arns = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_x"]
  }

  assert {
    condition     = aws_msk_cluster.this.broker_node_group_info[0].connectivity_info[0].public_access[0].type == "DISABLED"
    error_message = "brokers are public"
  }
  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS" && aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].in_cluster
    error_message = "something travels in the clear"
  }
  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == var.key_arn
    error_message = "topics are not encrypted with our key"
  }
  assert {
    condition     = !aws_msk_cluster.this.client_authentication[0].unauthenticated && aws_msk_cluster.this.client_authentication[0].sasl[0].scram
    error_message = "strangers are let in"
  }
  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "auto.create.topics.enable=false\n")
    error_message = "a typing error makes a topic"
  }
  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=2\n")
    error_message = "what is acknowledged may be on one broker only"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == "sg-nodes" && aws_vpc_security_group_ingress_rule.clients.from_port == 9096
    error_message = "others than the nodes reach the brokers"
  }
}

run "a_kafka_that_is_too_old_is_refused" {
  command = plan
  module {
    source = "../../modules/kafka"
  }
  variables {
    kafka_version     = "3.9.x.kraft"
    instance_type     = "kafka.m7g.large"
    volume_gib        = 100
    scram_secret_arns = []
  }
  expect_failures = [var.kafka_version]
}

run "postgres_is_private_and_encrypted_and_keeps_its_own_password" {
  module {
    source = "../../modules/postgres"
  }
  variables {
    engine_version = "17.6"
    capacity       = { min = 1, max = 4 }
    readers        = 1
    backup_days    = 14
    protected      = true
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : !instance.publicly_accessible]) && length(aws_rds_cluster_instance.this) == 2
    error_message = "an instance is public, or there are not two"
  }
  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.key_arn
    error_message = "the data are not encrypted with our key"
  }
  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_password == null
    error_message = "the master's password would be in the state"
  }
  assert {
    condition     = one([for parameter in aws_rds_cluster_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1"
    error_message = "unencrypted connections are taken"
  }
  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot
    error_message = "a protected cluster can be deleted, or leaves no snapshot"
  }
  assert {
    condition     = aws_rds_cluster_parameter_group.this.family == "aurora-postgresql17"
    error_message = "the parameters are for another version"
  }
}

run "an_unprotected_postgres_can_be_taken_down" {
  module {
    source = "../../modules/postgres"
  }
  variables {
    engine_version = "17.6"
    capacity       = { min = 0.5, max = 2 }
    readers        = 0
    backup_days    = 7
    protected      = false
  }

  assert {
    condition     = !aws_rds_cluster.this.deletion_protection && aws_rds_cluster.this.skip_final_snapshot
    error_message = "it cannot be taken down"
  }
}

run "bad_input_of_postgres_is_refused" {
  command = plan
  module {
    source = "../../modules/postgres"
  }
  variables {
    engine_version = "14.9"
    capacity       = { min = 0, max = 2 }
    readers        = 0
    backup_days    = 1
    protected      = false
  }
  expect_failures = [var.engine_version, var.capacity, var.backup_days]
}

run "an_image_stays_what_it_was_pushed_as" {
  module {
    source = "../../modules/registry"
  }
  variables {
    images    = ["ordering", "mall"]
    kept      = 50
    deletable = false
  }

  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.image_tag_mutability == "IMMUTABLE" && !repository.force_delete])
    error_message = "a tag can be moved, or images deleted with their repository"
  }
  assert {
    condition     = alltrue([for repository in aws_ecr_repository.this : repository.encryption_configuration[0].kms_key == var.key_arn && repository.image_scanning_configuration[0].scan_on_push])
    error_message = "images are not encrypted with our key, or not scanned"
  }
}

run "passwords" {
  module {
    source = "../../testing/passwords"
  }
}

run "no_password_is_in_the_state" {
  module {
    source = "../../modules/secrets"
  }
  variables {
    secrets    = { "mallbots-test/ordering/database" = jsonencode({ url = "postgres://ordering:PASSWORD@host/ordering" }) }
    passwords  = { "mallbots-test/ordering/database" = run.passwords.passwords["mallbots-test/ordering/database"] }
    generation = 1
    deletable  = false
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.secret_string_wo == null && version.secret_binary == null && try(length(version.secret_string), 0) == 0])
    error_message = "the state knows a password"
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == var.key_arn && secret.recovery_window_in_days == 30])
    error_message = "a secret is not encrypted with our key, or gone at once"
  }
}

run "a_weak_password_is_refused" {
  command = plan
  module {
    source = "../../modules/secrets"
  }
  variables {
    secrets    = { "x" = "PASSWORD" }
    passwords  = { "x" = "secret" }
    generation = 1
    deletable  = true
  }
  expect_failures = [var.passwords]
}

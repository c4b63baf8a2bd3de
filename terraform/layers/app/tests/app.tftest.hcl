mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  environment = "dev"
  region      = "eu-central-1"
}

run "names" {
  module {
    source = "../../testing/passwords"
  }
  variables {
    name = "mallbots-dev"
  }
}

run "a_pod_reads_its_own_secrets_and_no_others" {
  variables {
    infra = {
      name        = "mallbots-dev"
      region      = "eu-central-1"
      services    = run.names.services
      cluster     = { name = "mallbots-dev", service_cidr = "172.20.0.0/16" }
      network     = { cidr = "10.20.0.0/16" }
      keys        = { data = "arn:aws:kms:eu-central-1:123456789012:key/data" }
      kafka       = { bootstrap = "b-1.mock.example.internal:9096" }
      postgres    = { master_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master" }
      registry    = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/mallbots-dev"
      secret_arns = { for name in keys(run.names.passwords) : name => "arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}" }
    }
  }

  assert {
    condition = alltrue([
      for service in run.names.services : toset(jsondecode(aws_iam_role_policy.reader[service].policy).Statement[0].Resource) == toset([
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:mallbots-dev/${service}/database",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:AmazonMSK_mallbots-dev_${service}",
      ])
    ])
    error_message = "a service reads other secrets than its database's and its name on Kafka"
  }
  assert {
    condition = alltrue([
      for service in run.names.services : jsondecode(aws_iam_role_policy.reader["${service}-migrate"].policy).Statement[0].Resource ==
      ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:mallbots-dev/${service}/migration"]
    ])
    error_message = "a migration reads other secrets than its own"
  }
  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.reader : [
        for statement in jsondecode(policy.policy).Statement : [
          for action in statement.Action : contains(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret", "kms:Decrypt"], action)
        ]
      ]
    ]))
    error_message = "a pod may do more than read"
  }
  assert {
    condition     = length(aws_eks_pod_identity_association.reader) == 18 && alltrue([for each in aws_eks_pod_identity_association.reader : each.namespace == "mallbots"])
    error_message = "nine services and nine migrations have an identity each"
  }
  assert {
    condition     = yamldecode(output.values).networkPolicies.dns[1].ipBlock.cidr == "172.20.0.10/32"
    error_message = "pods cannot look names up"
  }
  assert {
    condition     = yamldecode(output.values).secretStore.prefix == "mallbots-dev" && yamldecode(output.values).networkPolicies.kafka.peers[0].ipBlock.cidr == "10.20.0.0/16"
    error_message = "the chart is told something else"
  }
}

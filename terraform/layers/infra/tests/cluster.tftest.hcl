mock_provider "aws" {
  source = "../../testing/aws"
}

variables {
  name               = "mallbots-test"
  kubernetes_version = "1.34"
  vpc_id             = "vpc-1"
  cidr               = "10.99.0.0/16"
  subnet_ids         = ["subnet-1", "subnet-2", "subnet-3"]
  admins             = ["arn:aws:iam::123456789012:role/admin"]
  viewers            = ["arn:aws:iam::123456789012:role/viewer"]
  key_arn            = "arn:aws:kms:eu-central-1:123456789012:key/data"
  log_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/log"
}

run "the_api_server_is_reached_from_inside_only" {
  module {
    source = "../../modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.this.vpc_config[0].endpoint_private_access && !aws_eks_cluster.this.vpc_config[0].endpoint_public_access
    error_message = "the API server is public"
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.api.cidr_ipv4 == var.cidr
    error_message = "others than the network reach the API server"
  }
}

run "secrets_are_encrypted_and_everything_is_logged" {
  module {
    source = "../../modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == var.key_arn && contains(aws_eks_cluster.this.encryption_config[0].resources, "secrets")
    error_message = "secrets are not encrypted with our key"
  }
  assert {
    condition     = length(aws_eks_cluster.this.enabled_cluster_log_types) == 5
    error_message = "not everything is logged"
  }
}

run "who_may_come_in_is_an_access_entry" {
  module {
    source = "../../modules/eks"
  }

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "a config map, or whoever made the cluster, decides"
  }
  assert {
    condition     = endswith(aws_eks_access_policy_association.this["arn:aws:iam::123456789012:role/viewer"].policy_arn, "/AmazonEKSViewPolicy")
    error_message = "a viewer may do more than look"
  }
  assert {
    condition     = length(aws_eks_access_entry.this) == 2
    error_message = "others come in"
  }
}

run "a_cluster_without_admins_is_refused" {
  command = plan
  module {
    source = "../../modules/eks"
  }
  variables {
    admins = []
  }
  expect_failures = [var.admins]
}

run "a_kubernetes_that_is_too_old_for_the_chart_is_refused" {
  command = plan
  module {
    source = "../../modules/eks"
  }
  variables {
    kubernetes_version = "1.29"
  }
  expect_failures = [var.kubernetes_version]
}

run "a_key_is_turned_and_belongs_to_the_account" {
  module {
    source = "../../modules/key"
  }
  variables {
    purpose  = "a test"
    services = ["logs.eu-central-1.amazonaws.com"]
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 30
    error_message = "the key is never turned, or gone too soon"
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_kms_key.this.policy).Statement :
      statement.Sid == "Account" ? statement.Principal.AWS == "arn:aws:iam::123456789012:root" : statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    ])
    error_message = "another account may use the key"
  }
}

# What the mall itself needs of AWS: an identity for each pod that reads secrets, and no more than its own; and what the chart
# is told.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = { source = "hashicorp/aws", version = "~> 5.100" }
  }
  backend "s3" {
    key = "app.tfstate"
  }
}

provider "aws" {
  region = var.region
  default_tags {
    tags = { project = "mallbots", environment = var.environment, layer = "app" }
  }
}

variable "environment" {
  type = string
}

variable "region" {
  type = string
}

variable "namespace" {
  type    = string
  default = "mallbots"
}

variable "infra" {
  description = "What the lowest layer says of itself: `terraform output -json`, without its wrapping."
  type = object({
    name        = string
    region      = string
    services    = list(string)
    cluster     = object({ name = string, service_cidr = string })
    network     = object({ cidr = string })
    keys        = object({ data = string })
    kafka       = object({ bootstrap = string })
    postgres    = object({ master_secret_arn = string })
    registry    = string
    secret_arns = map(string)
  })
}

locals {
  name = var.infra.name
  # Service account => the secrets that it may read.
  readers = merge(
    { for service in var.infra.services : service => ["${local.name}/${service}/database", "AmazonMSK_${local.name}_${service}"] },
    { for service in var.infra.services : "${service}-migrate" => ["${local.name}/${service}/migration"] },
  )
}

resource "aws_iam_role" "reader" {
  for_each = local.readers

  name = "${local.name}-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["sts:AssumeRole", "sts:TagSession"], Principal = { Service = "pods.eks.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy" "reader" {
  for_each = local.readers

  name = "read-own-secrets"
  role = aws_iam_role.reader[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
        Resource = [for secret in each.value : var.infra.secret_arns[secret]]
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.infra.keys.data]
        Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${var.region}.amazonaws.com" } }
      },
    ]
  })
}

resource "aws_eks_pod_identity_association" "reader" {
  for_each = local.readers

  cluster_name    = var.infra.cluster.name
  namespace       = var.namespace
  service_account = each.key
  role_arn        = aws_iam_role.reader[each.key].arn
}

output "values" {
  description = "What an installation adds to helm/mallbots/values-prod.yaml, but for the digests."
  value = yamlencode({
    image       = { registry = var.infra.registry }
    kafka       = { bootstrap = var.infra.kafka.bootstrap }
    secretStore = { region = var.infra.region, prefix = local.name }
    database    = { caSecret = "mallbots-database-ca" }
    networkPolicies = {
      # In the automatic mode of EKS names are looked up on the node, at the service's address.
      dns = [
        { namespaceSelector = { matchLabels = { "kubernetes.io/metadata.name" = "kube-system" } } },
        { ipBlock = { cidr = "${cidrhost(var.infra.cluster.service_cidr, 10)}/32" } },
      ]
      # The scraper is in the network, not in the cluster.
      metrics  = [{ ipBlock = { cidr = var.infra.network.cidr } }]
      kafka    = { peers = [{ ipBlock = { cidr = var.infra.network.cidr } }] }
      postgres = { peers = [{ ipBlock = { cidr = var.infra.network.cidr } }] }
    }
  })
}
